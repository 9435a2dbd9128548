import type { SessionDump, TokenColumns, TokenSnapshot, TurnRow } from '@reprise/checkpoint';
import { findingAt, type LedgerFinding } from './finding.ts';

/** Whether the counters that were kept with each turn are those of the turn before it and the row's own (I2). */
export function checkSnapshots({
  turns,
  snapshots,
}: Pick<SessionDump, 'turns' | 'snapshots'>): readonly LedgerFinding[] {
  const made = snapshots.filter(({ reason }) => reason === 'turn');
  const kept = new Map(made.map((snapshot) => [snapshot.turnId, countersOf(snapshot)]));
  const sums = new Map<string, Counters>();
  return turns.flatMap((row) => {
    const before = row.parentId === null ? NOTHING : (kept.get(row.parentId) ?? sums.get(row.parentId));
    const sum = before && add(before, ownCounters(row));
    if (sum) sums.set(row.id, sum);
    const told = kept.get(row.id);
    const wrong = sum && told && !isFromBefore(row, told) ? NAMES.filter((name) => sum[name] !== told[name]) : [];
    return wrong.map((name) =>
      findingAt(
        row,
        'changed',
        `up to it there are ${sum?.[name]} ${LABELS[name]}, and its snapshot says ${told?.[name]}`,
      ),
    );
  });
}

type Counters = Readonly<Record<keyof TokenSnapshot | 'turnCount' | 'silentTurnCount', number>>;

const LABELS: Readonly<Record<keyof Counters, string>> = {
  turnCount: 'turns',
  silentTurnCount: 'turns without cache counters',
  input: 'fresh tokens',
  output: 'output tokens',
  reasoning: 'reasoning tokens',
  cacheRead: 'tokens read from the cache',
  cacheWrite: 'tokens written to the cache',
};

const NOTHING: Counters = {
  turnCount: 0,
  silentTurnCount: 0,
  input: 0,
  output: 0,
  reasoning: 0,
  cacheRead: 0,
  cacheWrite: 0,
};

const NAMES: readonly (keyof Counters)[] = [
  'turnCount',
  'silentTurnCount',
  'input',
  'output',
  'reasoning',
  'cacheRead',
  'cacheWrite',
];

function countersOf({ turnCount, silentTurnCount, tokenSnapshot }: SessionDump['snapshots'][number]): Counters {
  return { turnCount, silentTurnCount, ...tokenSnapshot };
}

/** Snapshots of format 1 had no token counters. */
function isFromBefore({ prefixBlocks }: TurnRow, told: Counters): boolean {
  return prefixBlocks === null && told.input + told.output + told.reasoning + told.cacheRead + told.cacheWrite === 0;
}

function ownCounters({ tokens }: TurnRow): Counters {
  const writes = writesOf(tokens);
  const isSilent = tokens.cacheRead === null && writes.every((count) => count === null);
  return {
    turnCount: 1,
    silentTurnCount: isSilent ? 1 : 0,
    input: tokens.fresh ?? 0,
    output: tokens.output ?? 0,
    reasoning: tokens.reasoning ?? 0,
    cacheRead: tokens.cacheRead ?? 0,
    cacheWrite: writes.reduce<number>((sum, count) => sum + (count ?? 0), 0),
  };
}

function writesOf(tokens: TokenColumns): readonly (number | null)[] {
  const { cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h, cacheWriteUnknown } = tokens;
  return [cacheWrite5m, cacheWrite1h, cacheWrite30m, cacheWrite12h, cacheWriteUnknown];
}

function add(one: Counters, other: Counters): Counters {
  return {
    turnCount: one.turnCount + other.turnCount,
    silentTurnCount: one.silentTurnCount + other.silentTurnCount,
    input: one.input + other.input,
    output: one.output + other.output,
    reasoning: one.reasoning + other.reasoning,
    cacheRead: one.cacheRead + other.cacheRead,
    cacheWrite: one.cacheWrite + other.cacheWrite,
  };
}
