import type { NewTurn, PendingTurn, TokenColumns } from '../ledger.ts';
import { preparePendingTurn } from '../prepare-rows.ts';
import type { NewEntry, SnapshotContent } from '../session.ts';
import type { TurnCommit } from '../writes.ts';

/** An entry as an agent would append it for a user's message. */
export function userEntry(text: string): NewEntry {
  return { kind: 'user-message', payload: JSON.stringify({ text }) };
}

/** An entry as an agent would append it for a model's answer. */
function assistantEntry(text: string): NewEntry {
  return { kind: 'assistant-message', payload: JSON.stringify({ text }) };
}

/** Token columns in which the vendor reported nothing but what is given. */
export function tokenColumns(reported: Partial<TokenColumns> = {}): TokenColumns {
  return {
    fresh: null,
    cacheRead: null,
    cacheWrite5m: null,
    cacheWrite1h: null,
    cacheWrite30m: null,
    cacheWrite12h: null,
    cacheWriteUnknown: null,
    output: null,
    reasoning: null,
    ...reported,
  };
}

/** The ledger row of a commit. */
export function ledgerRow(id: string, given: Partial<TurnCommit['turn']> = {}): TurnCommit['turn'] {
  return {
    id,
    responseId: `response-${id}`,
    family: 'anthropic',
    model: 'claude-sonnet-4-5',
    startedAt: 1_760_000_000_000,
    firstTokenMs: 120,
    durationMs: 950,
    stopReason: 'end-turn',
    usageState: 'final',
    tokens: tokenColumns({ fresh: 12, cacheRead: 2048, output: 30 }),
    serverTools: '{}',
    rawUsage: '{"input_tokens":12}',
    serviceTier: null,
    prefixFingerprint: 'sha256:00',
    prefixBlocks: 3,
    systemHash: null,
    toolsHash: null,
    requestOptions: '{}',
    marks: '[]',
    costPicoUsd: 1_234_567n,
    ...given,
  };
}

/** The note of a turn that is about to be asked for. */
export function pendingTurn(id: string, given: Partial<NewTurn> = {}): PendingTurn {
  return preparePendingTurn(ledgerRow(id, given));
}

/** A commit of turn `turnNumber`, whose ledger row and snapshot are named `turn-<name>` and `snapshot-<name>`. */
export function turnCommit(
  place: Pick<TurnCommit, 'sessionId' | 'expectedTip'>,
  given: { readonly name: string; readonly turnNumber?: number; readonly turn?: Partial<TurnCommit['turn']> },
): TurnCommit {
  const { name, turnNumber = 1, turn } = given;
  return {
    ...place,
    entry: assistantEntry(`answer ${turnNumber}`),
    turn: ledgerRow(`turn-${name}`, turn),
    snapshot: { id: `snapshot-${name}`, ...snapshotContent(turnNumber) },
    at: 1_760_000_001_000,
  };
}

/** Totals after `turnCount` turns. */
function snapshotContent(turnCount: number): SnapshotContent {
  return {
    turnCount,
    messageCount: 2 * turnCount,
    silentTurnCount: 0,
    promptPreview: `prompt ${turnCount}`,
    tokenSnapshot: { input: 12 * turnCount, output: 30 * turnCount, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
  };
}
