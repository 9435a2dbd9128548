export { createCassette } from './cassette.ts';
export { CassetteError, type CassetteErrorCode, type NearestRecord } from './cassette-error.ts';
export { DEFAULT_DOMAINS } from './domains.ts';
export type { Cassette, CassetteEvent, CassetteMode, CassetteOptions } from './options.ts';
export type { NormalizeRequest, RequestSummary } from './request-key.ts';
