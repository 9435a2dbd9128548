import type { LedgerRow, LogPlace } from '../../ledger.ts';
import type { LoggedCall } from './logged-call.ts';
import { requestContent } from './request-content.ts';
import { type ReadResponse, textOf } from './response-row.ts';

/** Where and how a row was read. */
export interface RowSource {
  readonly source: LogPlace;
  /** When the file was written, for a call that has no time of its own; `undefined` where nobody knows. */
  readonly fileTime: number | undefined;
  readonly withPrefix: boolean;
}

/** The row of a call, or what it lacks. Its id is the same wherever the response is met. */
export function callRow(
  call: LoggedCall,
  response: ReadResponse,
  { source, fileTime, withPrefix }: RowSource,
): LedgerRow | 'no-model' | 'no-time' {
  const { request, requestId, sessionId, project, tags } = call;
  const { family, responseId, usageState, tokens, billing } = response;
  const model = response.model ?? textOf(request?.['model']);
  const loggedAt = call.at ?? response.createdAt;
  const startedAt = loggedAt ?? fileTime;
  if (model === undefined) return 'no-model';
  if (startedAt === undefined) return 'no-time';
  return {
    id: nameOf(response, loggedAt) ?? `${source.path}:${source.line}`,
    family,
    model,
    startedAt,
    timeBasis: loggedAt === undefined ? 'file' : 'logged',
    usageState,
    tokens,
    billing,
    recordedPicoUsd: undefined,
    source,
    ...(responseId === undefined ? {} : { responseId }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(project === undefined ? {} : { project }),
    ...(tags === undefined ? {} : { tags }),
    ...(withPrefix && request ? requestContent(family, model, request) : {}),
  };
}

/** Local servers number their answers, and begin again; no vendor's id is this short. */
const SHORTEST_UNIQUE_ID = 16;

/** Names the response: by its id, if no other can have that; else with its time and its counts, which a copy has as well. */
function nameOf({ responseId, tokens }: ReadResponse, at: number | undefined): string | undefined {
  if (responseId === undefined || responseId.length >= SHORTEST_UNIQUE_ID) return responseId;
  return `${responseId}/${at ?? ''}/${tokens.fresh}/${tokens.cacheRead}/${tokens.output}`;
}
