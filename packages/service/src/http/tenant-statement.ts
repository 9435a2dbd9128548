/**
 * What the turns of a tenant come to, or of all tenants.
 *
 * Owns: groups as clients name them.
 * Leaves to the audit: what a sum is. To the store: adding up.
 */

import {
  addStoreSums,
  auditStore,
  type StoreGroup,
  type StoreGroupBy,
  type StoreSums,
  withRatios,
} from '@reprise/audit';
import type { CheckpointStore } from '@reprise/checkpoint';
import { clientSessionId } from '../wire/client-session.ts';
import { EVERY_TENANT, tenantOf } from './caller.ts';
import { plain } from './plain.ts';
import type { StatementBody, StatementKey } from './schemas/statement.ts';
import { type TurnSelection, turnRange } from './turn-selection.ts';

export interface StatementAsked extends TurnSelection {
  readonly by: readonly StatementKey[];
  readonly timeZone?: string | undefined;
}

/** Rejects as `auditStore` and `turnRange` do. */
export async function tenantStatement(store: CheckpointStore, asked: StatementAsked): Promise<StatementBody> {
  const { tenant, by, since, until, timeZone = 'UTC' } = asked;
  const { groups, total } = await auditStore(store, { ...turnRange(asked), by: storeKeys(by), timeZone });
  // The id of a session says which it is only beside its tenant.
  const keys = by.includes('session') && tenant === EVERY_TENANT ? [...new Set<StatementKey>([...by, 'tenant'])] : by;
  return {
    by: keys,
    since: since ?? null,
    until: until ?? null,
    timeZone,
    groups: regroup(groups, keys),
    total: plain(total),
  };
}

/** A tenant is told by the ids of its sessions. */
function storeKeys(by: readonly StatementKey[]): readonly StoreGroupBy[] {
  return [...new Set(by.map((key) => (key === 'tenant' ? 'session' : key)))];
}

/** The groups by the keys that clients know, in the order of these. */
function regroup(groups: readonly StoreGroup[], by: readonly StatementKey[]): StatementBody['groups'] {
  const found = new Map<string, { readonly key: Partial<Record<StatementKey, string>>; readonly sums: StoreSums }>();
  for (const { key, sums } of groups) {
    const { session = '', ...others } = key;
    const known = { ...others, session: clientSessionId(session), tenant: tenantOf(session) };
    const shown = Object.fromEntries(by.map((each) => [each, known[each] ?? '']));
    const name = JSON.stringify(Object.values(shown));
    const before = found.get(name);
    found.set(name, { key: shown, sums: before ? withRatios(addStoreSums(before.sums, sums), {}) : sums });
  }
  return [...found]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { key, sums }]) => ({ key, sums: plain(sums) }));
}
