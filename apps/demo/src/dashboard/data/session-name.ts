import type { SessionBody } from '@reprise/service/client';

/** What a session is called: the title that somebody gave it, or how its last prompt begins, or its id. */
export function sessionName({ id, metadata, lastPrompt }: Pick<SessionBody, 'id' | 'metadata' | 'lastPrompt'>): string {
  const { title } = metadata;
  if (typeof title === 'string' && title.trim() !== '') return title;
  return lastPrompt?.trim() || id;
}
