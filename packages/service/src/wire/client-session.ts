import type { SessionId } from '@reprise/checkpoint';

/** The session's id as clients know it: in the store it stands behind the name of its tenant. */
export function clientSessionId(sessionId: SessionId): string {
  return sessionId.slice(sessionId.indexOf('/') + 1);
}
