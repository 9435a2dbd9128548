import { anthropicMessages } from './anthropic/messages.ts';
import { refuseCountBody } from './anthropic/validate/body.ts';
import type { Dialect } from './dialect.ts';
import { ollamaChat } from './ollama.ts';
import { openaiChat } from './openai/chat/chat.ts';
import { openaiResponses } from './openai/responses/responses.ts';

/** A path of a vendor's and what is done there. */
export type Route =
  | { readonly path: string; readonly dialect: Dialect; readonly does: 'answer' }
  /** Says how large a prompt is, and nothing else. */
  | { readonly path: string; readonly dialect: Dialect; readonly does: 'count'; countBody(tokens: number): unknown };

const DIALECTS: readonly Dialect[] = [anthropicMessages, openaiChat, openaiResponses, ollamaChat];

export const ROUTES: readonly Route[] = [
  ...DIALECTS.map((dialect): Route => ({ path: dialect.path, dialect, does: 'answer' })),
  {
    path: '/v1/messages/count_tokens',
    dialect: { ...anthropicMessages, refuseBody: refuseCountBody },
    does: 'count',
    countBody: (tokens) => ({ input_tokens: tokens }),
  },
  {
    path: '/v1/responses/input_tokens',
    dialect: openaiResponses,
    does: 'count',
    countBody: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  },
];

/** Whose error body a caller of an unknown path is likeliest to read. */
export function nearestDialect(path: string): Dialect {
  const [, ownPath = path] = /^\/workspaces\/[^/]*(\/.*)$/.exec(path) ?? [];
  if (ownPath.startsWith('/api')) return ollamaChat;
  return ownPath.startsWith('/v1/messages') ? anthropicMessages : openaiChat;
}
