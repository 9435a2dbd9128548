/**
 * What all the turns of a store come to, by session, model, day or tag.
 *
 * Owns: the groups.
 * Leaves to the store: adding up, in its database. To `price-sum.ts`: what sums come to. To `statement.ts`: rows that need a look each.
 *
 * S1. The sums are those of a statement over the same rows, to the last unit.
 * S2. Each row counts once, for the session that committed it, turns it was rewound from included. With tags, it counts in each group of its
 *     session's tags, and once in `total`.
 * S3. Memory grows with the groups, not with the turns.
 */

import {
  type CheckpointStore,
  dayReader,
  type SessionId,
  type TurnKey,
  type TurnRow,
  type TurnSum,
  type TurnSumKey,
} from '@reprise/checkpoint';
import { ledgerRow } from '../ledger.ts';
import type { StatementOptions } from '../statement.ts';
import { PROMPT_STEPS, priceSum } from './price-sum.ts';
import { readTags } from './session-tags.ts';
import { addStoreSums, type StoreSums, sumsOfRows, withRatios } from './store-sums.ts';

export interface StoreAuditOptions extends Pick<StatementOptions, 'allowPartial' | 'price'> {
  /** What the turns of a group have in common; one group of all unless told. */
  readonly by?: StoreGroupBy | readonly StoreGroupBy[];
  /** Epoch milliseconds: requests that were sent then or later. */
  readonly since?: number | undefined;
  /** Epoch milliseconds: requests that were sent before. */
  readonly until?: number | undefined;
  /** Turns that these sessions have committed. */
  readonly sessionIds?: readonly SessionId[] | undefined;
  /** Turns that sessions have committed whose ids begin with this. */
  readonly sessionPrefix?: string | undefined;
  /** Turns that these models have answered. */
  readonly models?: readonly string[] | undefined;
  /** Whose days; an IANA name such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string;
}

export type StoreGroupBy = 'day' | 'family' | 'model' | 'session' | 'tag';

export interface StoreGroup {
  /** What its turns have in common: the fields that were asked for. A session without a tag has none. */
  readonly key: Readonly<Partial<Record<StoreGroupBy, string>>>;
  readonly sums: StoreSums;
}

export interface StoreStatement {
  /** In the order of their keys, the first asked for first. */
  readonly groups: readonly StoreGroup[];
  readonly total: StoreSums;
}

export type AuditableStore = Pick<CheckpointStore, 'listSessions' | 'readSession' | 'streamTurns' | 'sumTurns'>;

/**
 * Adds up the ledger of a store. Reads only, and does not check the rows it adds up against their hashes: `verifyLedger` does. Rejects with
 * `audit/unreadable-row`, and with what the store rejects with, such as `checkpoint/invalid-write` for a time zone that nobody knows.
 */
export async function auditStore(store: AuditableStore, options: StoreAuditOptions = {}): Promise<StoreStatement> {
  const { by = [], since, until, sessionIds, sessionPrefix, models, timeZone, allowPartial = false } = options;
  const groupBy = typeof by === 'string' ? [by] : by;
  const range = { since, until, sessionIds, sessionPrefix, models };
  const query = { ...range, by: sumKeys(groupBy), timeZone, promptSteps: PROMPT_STEPS };
  const tags = groupBy.includes('tag')
    ? await readTags(store, { sessionIds, sessionPrefix })
    : new Map<SessionId, readonly string[]>();
  const groups = new Groups(groupBy, tags);
  const unclear: TurnSum[] = [];
  for (const sum of await store.sumTurns(query)) {
    const sums = priceSum(sum, options.price);
    if (sums) groups.add(sum.key, sums);
    else unclear.push(sum);
  }
  for await (const { key, row } of rowsOf(store, unclear, query)) {
    groups.add(key, sumsOfRows([ledgerRow(row)], options.price ? { price: options.price } : {}));
  }
  return groups.statement({ allowPartial });
}

/** What rows have to have in common to be priced together, and what the groups are by. */
function sumKeys(groupBy: readonly StoreGroupBy[]): readonly TurnKey[] {
  const asked = groupBy.map((each) => (each === 'session' || each === 'tag' ? 'sessionId' : each));
  return [
    ...new Set<TurnKey>([
      ...asked,
      'day',
      'model',
      'family',
      'serviceTier',
      'usageState',
      'serverTools',
      'promptStep',
      'hasRawUsage',
    ]),
  ];
}

interface PlacedRow {
  readonly key: Partial<TurnSumKey>;
  readonly row: TurnRow;
}

/** The rows of these sums, one after the other. Rows that were committed since the sums were made are left out with theirs. */
async function* rowsOf(
  store: AuditableStore,
  sums: readonly TurnSum[],
  {
    by,
    timeZone,
    sessionIds,
    sessionPrefix,
  }: {
    readonly by: readonly TurnKey[];
    readonly timeZone: string | undefined;
    readonly sessionIds: readonly SessionId[] | undefined;
    readonly sessionPrefix: string | undefined;
  },
): AsyncGenerator<PlacedRow> {
  if (sums.length === 0) return;
  const nameOf = (key: Partial<TurnSumKey>) => JSON.stringify(by.map((each) => key[each]));
  const left = new Map(sums.map((sum) => [nameOf(sum.key), sum.turns]));
  const dayOf = dayReader(timeZone);
  const models = [...new Set(sums.flatMap(({ key }) => key.model ?? []))];
  const since = Math.min(...sums.map((sum) => sum.firstStartedAt));
  const until = Math.max(...sums.map((sum) => sum.lastStartedAt)) + 1;
  for await (const row of store.streamTurns({ since, until, models, sessionIds, sessionPrefix })) {
    const key = {
      ...row,
      day: dayOf(row.startedAt),
      promptStep: promptStepOf(row),
      hasRawUsage: row.rawUsage !== null,
    };
    const turns = left.get(nameOf(key)) ?? 0;
    if (turns > 0) yield { key, row };
    left.set(nameOf(key), turns - 1);
  }
}

function promptStepOf({ tokens: { output: _output, reasoning: _reasoning, ...prompt } }: TurnRow): number {
  const tokens = Object.values(prompt).reduce<number>((sum, count) => sum + (count ?? 0), 0);
  return PROMPT_STEPS.filter((step) => tokens > step).length;
}

class Groups {
  readonly #by: readonly StoreGroupBy[];
  readonly #tags: ReadonlyMap<SessionId, readonly string[]>;
  readonly #groups = new Map<string, StoreGroup>();
  #total: StoreSums = sumsOfRows([]);

  constructor(by: readonly StoreGroupBy[], tags: ReadonlyMap<SessionId, readonly string[]>) {
    this.#by = by;
    this.#tags = tags;
  }

  add(key: Partial<TurnSumKey>, sums: StoreSums): void {
    this.#total = addStoreSums(this.#total, sums);
    const tags: readonly (string | undefined)[] = this.#tags.get(key.sessionId ?? '') ?? [undefined];
    for (const tag of this.#by.includes('tag') ? tags : [undefined]) {
      const values = { day: key.day, family: key.family, model: key.model, session: key.sessionId, tag };
      const asked = this.#by.map((each) => [each, values[each]] as const);
      const name = JSON.stringify(asked);
      const before = this.#groups.get(name);
      const own = { key: Object.fromEntries(asked.filter(([, value]) => value !== undefined)), sums };
      this.#groups.set(name, before ? { ...before, sums: addStoreSums(before.sums, sums) } : own);
    }
  }

  statement(options: Pick<StatementOptions, 'allowPartial'>): StoreStatement {
    const groups = [...this.#groups.values()].map(({ key, sums }) => ({ key, sums: withRatios(sums, options) }));
    return {
      groups: groups.toSorted((one, other) => this.#compare(one, other)),
      total: withRatios(this.#total, options),
    };
  }

  #compare({ key: one }: StoreGroup, { key: other }: StoreGroup): number {
    for (const each of this.#by) {
      const [a = '', b = ''] = [one[each], other[each]];
      if (a !== b) return a < b ? -1 : 1;
    }
    return 0;
  }
}
