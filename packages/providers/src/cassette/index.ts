export { createCassette } from './cassette.ts';
export { CassetteError, type CassetteErrorCode, type NearestRecord } from './cassette-error.ts';
export { DEFAULT_DOMAINS } from './domains.ts';
export type { PruneStep } from './exchange/prune-steps.ts';
export {
  type CassetteContents,
  type MalformedLine,
  type RecordedChunk,
  type RecordedExchange,
  type RecordedResponse,
  readCassette,
} from './file/read-cassette.ts';
export type { NormalizeRequest, RequestSummary } from './key/request-key.ts';
export type { Cassette, CassetteEvent, CassetteMode, CassetteOptions, SkipReason } from './options.ts';
