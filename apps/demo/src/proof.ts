import { isDeepStrictEqual } from 'node:util';
import { auditSession, type CacheStatement } from '@reprise/audit';
import type { CheckpointStore, Entry, Snapshot, TurnRow } from '@reprise/checkpoint';
import type { Totals } from './session/protocol.ts';

/** A session as its store has it at one moment. */
export interface StoredSession {
  readonly entries: readonly Entry[];
  readonly turns: readonly TurnRow[];
  readonly snapshots: readonly Snapshot[];
}

export async function readStored(store: CheckpointStore, sessionId: string): Promise<StoredSession> {
  const [entries, turns, snapshots] = await Promise.all([
    store.readEntries(sessionId),
    store.readTurns(sessionId),
    store.readSnapshots(sessionId),
  ]);
  return { entries, turns, snapshots };
}

/** One claim, and whether it holds. */
export interface Claim {
  readonly text: string;
  readonly holds: boolean;
}

export interface Proof {
  /** The same totals from four places. */
  readonly totals: readonly { readonly source: string; readonly totals: Totals }[];
  readonly claims: readonly Claim[];
}

export interface ProofOptions {
  readonly store: CheckpointStore;
  readonly sessionId: string;
  /** Of the process that ended last. */
  readonly state: Totals;
  /** Right after the kill. */
  readonly atKill: StoredSession | undefined;
  /** The snapshots that were announced as committed. */
  readonly announcedSnapshots: readonly string[];
  /** Requests that a simulated vendor answered, and how many turns there were before the first of them. */
  readonly simulated: { readonly answeredRequests: number; readonly turnsBefore: number } | undefined;
}

/** Compares what the session, its ledger, its snapshots and the audit say. Reads only. */
export async function proveTotals(options: ProofOptions): Promise<Proof> {
  const { store, sessionId, state, atKill, simulated } = options;
  const stored = await readStored(store, sessionId);
  const totals = [
    { source: 'state of the session', totals: state },
    { source: 'sum of the ledger rows', totals: sumTurns(stored.turns) },
    { source: 'last snapshot', totals: snapshotTotals(stored.snapshots.at(-1)) },
    { source: 'audit', totals: auditTotals(await auditSession(store, sessionId)) },
  ];
  const agree = totals.every((row) => isDeepStrictEqual(row.totals, state));
  return {
    totals,
    claims: [
      { text: 'The four agree.', holds: agree },
      ...countedOnce(stored),
      ...(atKill ? survived(atKill, stored, options.announcedSnapshots) : []),
      ...(simulated ? [answered(simulated, stored)] : []),
    ],
  };
}

function countedOnce({ turns }: StoredSession): readonly Claim[] {
  const ids = turns.map(({ responseId, id }) => responseId ?? id);
  return [
    { text: `Each of the ${turns.length} responses is in the ledger once.`, holds: new Set(ids).size === ids.length },
  ];
}

function survived(atKill: StoredSession, now: StoredSession, announced: readonly string[]): readonly Claim[] {
  const kept = (field: keyof StoredSession) =>
    isDeepStrictEqual(atKill[field], now[field].slice(0, atKill[field].length));
  const snapshotIds = new Set(now.snapshots.map(({ id }) => id));
  return [
    {
      text: `The ${atKill.entries.length} entries, ${atKill.turns.length} ledger rows and ${atKill.snapshots.length} snapshots of before the kill are there, unchanged.`,
      holds: kept('entries') && kept('turns') && kept('snapshots'),
    },
    {
      text: `Every one of the ${announced.length} turns that were announced is committed.`,
      holds: announced.every((id) => snapshotIds.has(id)),
    },
  ];
}

function answered(
  { answeredRequests, turnsBefore }: NonNullable<ProofOptions['simulated']>,
  { turns }: StoredSession,
): Claim {
  const rows = turns.slice(turnsBefore);
  const cut = rows.filter(({ usageState }) => usageState === 'none').length;
  const cutText =
    cut > 0 ? `, ${cut} of them cut off by the kill, which a vendor may bill though its counts never came` : '';
  return {
    text: `The vendor answered ${answeredRequests} requests: ${rows.length} in the ledger${cutText}.`,
    holds: answeredRequests === rows.length,
  };
}

function sumTurns(turns: readonly TurnRow[]): Totals {
  // `null` is a counter that was not reported; the state's totals leave it out as well.
  const sum = (count: (tokens: TurnRow['tokens']) => readonly (number | null)[]) =>
    turns.flatMap(({ tokens }) => count(tokens)).reduce<number>((total, tokens) => total + (tokens ?? 0), 0);
  return {
    turns: turns.length,
    fresh: sum(({ fresh }) => [fresh]),
    read: sum(({ cacheRead }) => [cacheRead]),
    written: sum((tokens) => [
      tokens.cacheWrite5m,
      tokens.cacheWrite1h,
      tokens.cacheWrite30m,
      tokens.cacheWrite12h,
      tokens.cacheWriteUnknown,
    ]),
    output: sum(({ output }) => [output]),
  };
}

function snapshotTotals(snapshot: Snapshot | undefined): Totals {
  if (!snapshot) return { turns: 0, fresh: 0, read: 0, written: 0, output: 0 };
  const { input, cacheRead, cacheWrite, output } = snapshot.tokenSnapshot;
  return { turns: snapshot.turnCount, fresh: input, read: cacheRead, written: cacheWrite, output };
}

function auditTotals({ turnCount, tokens }: CacheStatement): Totals {
  return {
    turns: turnCount,
    fresh: tokens.fresh.tokens,
    read: tokens.cacheRead.tokens,
    written: tokens.cacheWrite.tokens,
    output: tokens.output.tokens,
  };
}
