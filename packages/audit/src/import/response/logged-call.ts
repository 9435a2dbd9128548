import { asObject } from '@reprise/providers';
import { readTime } from './read-time.ts';
import { familyOfResponse, isStreamChunk, textOf } from './response-row.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A line of a log: a response, and what stands around it. */
export interface LoggedCall {
  readonly response: Fields;
  /** The body of the request, where the log has it. */
  readonly request: Fields | undefined;
  /** Epoch milliseconds, as the log says; `undefined` where it does not. */
  readonly at: number | undefined;
  readonly sessionId: string | undefined;
  readonly requestId: string | undefined;
  readonly project: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
}

/**
 * The call that a line tells of: `undefined` for none, `failed` for an error in the place of a response. A line is a response object, one
 * beside its request (`{ request, response, timestamp }`), or a line of a batch's results (OpenAI's `response.body`, Anthropic's
 * `result.message`). Around a response are understood `timestamp`, `time` or `created_at`; `session`, `session_id` or `sessionId`;
 * `request_id` or `requestId`; `project`; and texts in `tags`.
 */
export function readCall(line: Fields): LoggedCall | 'failed' | undefined {
  if (isResponse(line)) return callOf(line, undefined, {});
  const wrapped = asObject(line['response']) ?? asObject(line['result']);
  const response = asObject(wrapped?.['body']) ?? asObject(wrapped?.['message']) ?? wrapped;
  if (response && isResponse(response)) {
    const request = asObject(line['request']);
    return callOf(response, asObject(request?.['body']) ?? request, line);
  }
  const hasError = [line, wrapped, response].some((object) => asObject(object?.['error']) !== undefined);
  return hasError ? 'failed' : undefined;
}

function isResponse(fields: Fields): boolean {
  return familyOfResponse(fields) !== undefined || isStreamChunk(fields);
}

function callOf(response: Fields, request: Fields | undefined, around: Fields): LoggedCall {
  return {
    response,
    request,
    at: readTime(around['timestamp']) ?? readTime(around['time']) ?? readTime(around['created_at']),
    sessionId: firstText(around['session'], around['session_id'], around['sessionId']),
    requestId: firstText(around['request_id'], around['requestId'], asObject(around['response'])?.['request_id']),
    project: firstText(around['project']),
    tags: readTags(around['tags']),
  };
}

function readTags(value: unknown): LoggedCall['tags'] {
  const tags = Object.entries(asObject(value) ?? {});
  const texts = tags.filter((tag): tag is [string, string] => typeof tag[1] === 'string');
  return texts.length === 0 ? undefined : Object.fromEntries(texts);
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.map(textOf).find((value) => value !== undefined);
}
