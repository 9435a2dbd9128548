import type { CheckpointStore, Damage, SessionId } from '@reprise/checkpoint';
import { asObject } from '@reprise/providers';
import { findingOf, type LedgerFinding } from './finding.ts';

/** What is damaged anywhere in a store. All of it is looked at, once, when the store has refused something: then it names the first thing alone. */
export interface DamageReport {
  /** Every session that the store can name. */
  sessions(): Promise<readonly SessionId[]>;
  /** What is damaged of a session that was refused with these words, and last that the rest of it was not checked. */
  of(id: SessionId, refusal: string): Promise<readonly LedgerFinding[]>;
  /** What was told of no session: of one alone asked about, what may be its own; of a whole store, all. Runs are no part of a ledger. */
  rest(asked: SessionId | undefined): Promise<readonly LedgerFinding[]>;
}

export function createDamageReport(store: Pick<CheckpointStore, 'findDamage'>): DamageReport {
  const look = async () => {
    const sessions: SessionId[] = [];
    const found: Damage[] = [];
    for await (const damage of store.findDamage({ onSession: (id) => sessions.push(id) })) found.push(damage);
    return { found, sessions };
  };
  let looked: ReturnType<typeof look> | undefined;
  const lookOnce = () => {
    looked ??= look();
    return looked;
  };
  const told = new Set<Damage>();

  return {
    sessions: async () => (await lookOnce()).sessions,
    async of(id, refusal) {
      const { found } = await lookOnce();
      const own = found.filter(({ message, sessionId }) => refusal.includes(message) || sessionId === id);
      for (const damage of own) told.add(damage);
      return [...findingsOf(id, own, refusal), findingOf(id, 'unchecked', `Session '${id}': ${UNCHECKED}`)];
    },
    async rest(asked) {
      if (!looked) return [];
      const isRest = (damage: Damage) => !told.has(damage) && damage.runId === undefined;
      const left = (await looked).found.filter(isRest);
      return left
        .filter(({ sessionId }) => asked === undefined || sessionId === undefined)
        .map(({ message, sessionId, turnId }) =>
          findingOf(sessionId, 'damaged', `Somewhere in the store: ${message}.`, turnId),
        );
    },
  };
}

const UNCHECKED = 'the rest of the session was not checked, as the store cannot read all of it.';

function findingsOf(id: SessionId, damages: readonly Damage[], refusal: string): readonly LedgerFinding[] {
  if (damages.length === 0) return [findingOf(id, 'damaged', refusal)];
  // What names a turn comes first.
  return damages
    .toSorted((a, b) => Number(a.turnId === undefined) - Number(b.turnId === undefined))
    .map(({ message, turnId }) => findingOf(id, 'damaged', `Session '${id}': ${message}.`, turnId));
}

/** Whether a store has refused to hand out what is not as it was written. */
export function isDamage(error: unknown): boolean {
  const code = asObject(error)?.['code'];
  return code === 'checkpoint/corrupt' || code === 'checkpoint/blob-missing';
}
