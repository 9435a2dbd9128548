import type { CheckpointStore, Damage, SessionId } from '@reprise/checkpoint';
import { asObject } from '@reprise/providers';
import { findingOf, type LedgerFinding } from './finding.ts';

/** What is damaged anywhere in the store, looked for once. */
export type DamageReport = () => Promise<{
  readonly found: readonly Damage[];
  readonly sessions: readonly SessionId[];
}>;

export function damageReport(store: Pick<CheckpointStore, 'findDamage'>): DamageReport {
  const look = async () => {
    const sessions: SessionId[] = [];
    const found: Damage[] = [];
    for await (const damage of store.findDamage({ onSession: (id) => sessions.push(id) })) found.push(damage);
    return { found, sessions };
  };
  let report: ReturnType<typeof look> | undefined;
  return () => {
    report ??= look();
    return report;
  };
}

/** Whether a store has refused to hand out what is not as it was written. */
export function isDamage(error: unknown): boolean {
  const code = asObject(error)?.['code'];
  return code === 'checkpoint/corrupt' || code === 'checkpoint/blob-missing';
}

/** The store names what it cannot read; all of the store is looked at, since a damaged row does not say whose it is. */
export async function damageOf(
  id: SessionId,
  refusal: string,
  damage: DamageReport,
): Promise<readonly LedgerFinding[]> {
  const findings: LedgerFinding[] = [];
  for (const { message, sessionId, turnId } of (await damage()).found) {
    const isItsOwn = refusal.includes(message) || sessionId === id;
    if (isItsOwn) findings.push(findingOf(id, 'damaged', `Session '${id}': ${message}.`, turnId));
  }
  // What names a turn comes first.
  const inOrder = findings.toSorted((a, b) => Number(a.turnId === undefined) - Number(b.turnId === undefined));
  return inOrder.length === 0 ? [findingOf(id, 'damaged', refusal)] : inOrder;
}
