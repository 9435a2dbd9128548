import type { NewTurn, TokenColumns } from '@reprise/checkpoint';

/** Nothing was reported. */
export const NO_COUNTS: TokenColumns = {
  fresh: null,
  cacheRead: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  cacheWrite30m: null,
  cacheWrite12h: null,
  cacheWriteUnknown: null,
  output: null,
  reasoning: null,
};

/** A whole turn that says as little as it may. */
export const BLANK_TURN: Omit<NewTurn, 'id'> = {
  responseId: null,
  family: 'anthropic',
  model: 'claude-opus-5',
  startedAt: Date.UTC(2026, 10, 21, 14, 5),
  firstTokenMs: 100,
  durationMs: 900,
  stopReason: 'end-turn',
  usageState: 'final',
  tokens: NO_COUNTS,
  serverTools: '{}',
  rawUsage: null,
  serviceTier: null,
  prefixFingerprint: 'sha256:00',
  prefixBlocks: null,
  systemHash: null,
  toolsHash: null,
  requestOptions: '{}',
  marks: '[]',
  costPicoUsd: null,
};
