/**
 * What the Messages API refuses, in about its own words.
 *
 * Owns: the order of the checks, the fields that every request has, and the shape of messages.
 * Leaves to its neighbours: options, tools, content, marks, and what was signed.
 *
 * None of it is shared with the adapter, so that a request is refused here although the adapter takes it for right.
 */

import { asArray, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../../dialect.ts';
import { refuseContent } from './content.ts';
import { refuseMarks } from './marks.ts';
import { claudeLimits } from './models.ts';
import { refuseOptions, refusePrefill } from './options.ts';
import { refuseSeals } from './seals.ts';
import { refuseToolPairs, refuseTools } from './tools.ts';

type Wire = Readonly<Record<string, unknown>>;

const MAX_MESSAGES = 100_000;

/** Lets a system message have no content, and change the effort alone. */
const EFFORT_MESSAGES_BETA = 'mid-conversation-output-config-2026-07-01';

export function refuseMessagesBody(value: unknown, headers: Headers): Refusal | undefined {
  const body = asObject(value);
  if (!body) return badRequest('The request body must be a JSON object.');
  return (
    refuseFields(body, headers) ??
    refuseOptions(body, headers) ??
    refuseTools(body) ??
    refuseMessages(body, headers) ??
    refuseContent(body, headers) ??
    refuseMarks(body) ??
    refuseToolPairs(body) ??
    refuseSeals(body) ??
    refusePrefill(body)
  );
}

/** The same of a body whose tokens are to be counted: it needs no output cap, and any will do. */
export function refuseCountBody(value: unknown, headers: Headers): Refusal | undefined {
  const body = asObject(value);
  return refuseMessagesBody(body ? { max_tokens: 64_000, ...body } : value, headers);
}

function refuseFields(body: Wire, headers: Headers): Refusal | undefined {
  for (const field of ['model', 'max_tokens', 'messages']) {
    if (body[field] === undefined || body[field] === null) return badRequest(`${field}: Field required`);
  }
  if (typeof body['model'] !== 'string') return badRequest('model: Input should be a valid string');
  if (!Number.isInteger(body['max_tokens'])) return badRequest('max_tokens: Input should be a valid integer');
  if (Number(body['max_tokens']) < 0) return badRequest('max_tokens: must be greater than or equal to 0');
  if (!Array.isArray(body['messages'])) return badRequest('messages: Input should be a valid list');
  if (body['messages'].length === 0) return badRequest('messages: at least one message is required');
  if (body['messages'].length > MAX_MESSAGES) return badRequest(`messages: at most ${MAX_MESSAGES} are allowed`);
  return headers.has('anthropic-version') ? undefined : badRequest('anthropic-version: header is required');
}

function refuseMessages(body: Wire, headers: Headers): Refusal | undefined {
  const messages = asArray(body['messages']).map((message) => asObject(message) ?? {});
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== 'user' && role !== 'assistant' && role !== 'system') {
      return badRequest(`messages.${index}.role: Input should be 'user', 'assistant' or 'system'`);
    }
    if (typeof content !== 'string' && !Array.isArray(content)) {
      return badRequest(`messages.${index}.content: Input should be a valid string or list`);
    }
    const mayBeEmpty = role === 'system' || (role === 'assistant' && index === messages.length - 1);
    if (content.length === 0 && !mayBeEmpty) {
      return badRequest(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    }
  }
  if (messages[0]?.['role'] !== 'user') return badRequest('messages: first message must use the "user" role');
  return refuseSystemMessages(body, messages, headers);
}

/** One follows the user, and is the last or followed by the assistant; it holds text. */
function refuseSystemMessages(body: Wire, messages: readonly Wire[], headers: Headers): Refusal | undefined {
  for (const [index, { role, content }] of messages.entries()) {
    if (role !== 'system') continue;
    if (!claudeLimits(String(body['model'])).takesSystemMessages) {
      return badRequest(`messages.${index}.role: 'system' is not supported in messages by ${String(body['model'])}`);
    }
    const next = messages[index + 1]?.['role'];
    if (messages[index - 1]?.['role'] !== 'user' || (next !== undefined && next !== 'assistant')) {
      return badRequest(
        `messages.${index}: a system message must follow a user message, and be last or be followed by an assistant message`,
      );
    }
    const isEmpty = content === '' || asArray(content).length + String(content).length === 0;
    if (isEmpty && !headers.get('anthropic-beta')?.includes(EFFORT_MESSAGES_BETA)) {
      return badRequest(`messages.${index}: system messages must have non-empty content`);
    }
    const other = asArray(content).findIndex((block) => asObject(block)?.['type'] !== 'text');
    if (other !== -1) return badRequest(`messages.${index}.content.${other}: system messages may hold text only`);
  }
  return undefined;
}
