/**
 * Problem documents (RFC 9457).
 *
 * P1. What clients read of an error is said here, by its code: no path, host, key or stack, and nothing of another tenant.
 * P2. What is not here is `service/internal` with an id, under which the operator hears of it.
 */

import { HTTPException } from 'hono/http-exception';
import type { ProblemCode, ProblemDetails } from './http-problem.ts';
import { HttpProblem } from './http-problem.ts';
import type { ProblemBody } from './schemas/problem.ts';

/** How errors of the store, the agent and the models are answered. Without a text it is their own words, which speak of the request. */
const ANSWERS: Readonly<
  Record<string, { readonly status: number; readonly text?: string; readonly retryAfterS?: number }>
> = {
  'agent/approval-refused': { status: 409 },
  'agent/empty-message': { status: 422, text: 'The message is empty; give it a text, or leave `input` out.' },
  'agent/invalid-option': { status: 422, text: 'The agent of this session cannot do that.' },
  'agent/nothing-to-continue': { status: 409 },
  'agent/session-busy': { status: 409, text: 'A run has the session; ask again when it has ended.', retryAfterS: 1 },
  'audit/invalid-scenario': { status: 400 },
  'audit/session-missing': { status: 404, text: 'There is no such session, or none any more.' },
  'checkpoint/files-unavailable': {
    status: 409,
    text: 'Some files cannot be given back what they were; nothing was changed.',
  },
  'checkpoint/invalid-write': { status: 400 },
  'checkpoint/run-ended': { status: 409, text: 'The run has ended.' },
  'checkpoint/run-missing': { status: 404, text: 'There is no such run, or none any more.' },
  'checkpoint/session-busy': {
    status: 409,
    text: 'A run has the session; ask again when it has ended.',
    retryAfterS: 1,
  },
  'checkpoint/session-exists': { status: 409, text: 'There is, or was, a session of that id; choose another one.' },
  'checkpoint/session-missing': { status: 404, text: 'There is no such session, or none any more.' },
  'checkpoint/snapshot-missing': { status: 404, text: 'This session and its branch have no such snapshot.' },
  'checkpoint/tip-moved': { status: 409, text: 'The session has moved meanwhile; ask again.', retryAfterS: 1 },
  'checkpoint/unavailable': { status: 503, text: 'The store does not answer.', retryAfterS: 5 },
  'provider/invalid-request': { status: 422 },
  'provider/unsupported-media': { status: 422 },
  'service/unavailable': { status: 503, text: 'The service cannot do that for now.', retryAfterS: 5 },
};

/** What a request that failed is answered with. */
export interface ProblemAnswer {
  readonly body: ProblemBody;
  readonly headers: Readonly<Record<string, string>>;
  /** Present when somebody has to look into it: what the operator is told. */
  readonly unexpected?: { readonly id: string; readonly error: unknown };
}

/** `createId` names what nobody expected. `tenant` is left out of the words: clients know their sessions without it. */
export function answerProblem(
  error: unknown,
  { createId, tenant }: { readonly createId: () => string; readonly tenant?: string | undefined },
): ProblemAnswer {
  const details = error instanceof HttpProblem ? error.details : (requestFault(error) ?? answerOf(error));
  if (!details) return internalProblem(error, createId());
  const { status, code, headers = {}, issues } = details;
  const detail = tenant === undefined ? details.detail : details.detail.replaceAll(`${tenant}/`, '');
  const body = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail, code };
  // What the store itself cannot do is told to a client in general words, and to the operator as it is.
  const isOwnTrouble = status >= 500 && !(error instanceof HttpProblem);
  return {
    body: issues ? { ...body, issues } : body,
    headers,
    ...(isOwnTrouble ? { unexpected: { id: createId(), error } } : {}),
  };
}

/** What the framework refuses by itself. */
function requestFault(error: unknown): ProblemDetails | undefined {
  if (!(error instanceof HTTPException) || error.status >= 500) return undefined;
  const { status } = error;
  return status === 415
    ? { status, code: 'service/unsupported-media-type', detail: 'The body has to be sent as application/json.' }
    : { status, code: 'service/invalid-request', detail: 'The body is not JSON.' };
}

function answerOf(error: unknown): ProblemDetails | undefined {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const answer = typeof code === 'string' ? ANSWERS[code] : undefined;
  if (!(error instanceof Error) || !answer) return undefined;
  const { status, text = error.message, retryAfterS } = answer;
  const headers = retryAfterS === undefined ? {} : { 'Retry-After': `${retryAfterS}` };
  // A key of the table is one of these codes.
  return { status, code: code as ProblemCode, detail: text, headers };
}

function internalProblem(error: unknown, id: string): ProblemAnswer {
  const detail = `Something went wrong in the service. Its operator finds it under ${id}.`;
  const body = { type: 'about:blank', title: TITLES[500] ?? '', status: 500, detail, code: 'service/internal', id };
  return { body, headers: {}, unexpected: { id, error } };
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
