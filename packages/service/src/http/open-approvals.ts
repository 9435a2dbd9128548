import { type OpenApproval, readOpenApprovals } from '@reprise/agent';
import type { SessionRecord } from '@reprise/checkpoint';
import type { HttpService } from './service.ts';

/** How many sessions' calls are remembered. */
const REMEMBERED = 1000;

/**
 * The tool calls of a session that wait for a decision, or were decided and not carried out yet, in the order of the calls. What a session's
 * branch ends with never changes, so it is read once however often somebody asks.
 */
export function createOpenApprovals(
  service: Pick<HttpService, 'store'>,
): (record: SessionRecord) => Promise<readonly OpenApproval[]> {
  const { store } = service;
  const known = new Map<string, readonly OpenApproval[]>();
  return async (record) => {
    const key = `${record.id} ${record.tip}`;
    const read = known.get(key);
    if (read) return read;
    const open = await readOpenApprovals(store, record.id);
    // It may have gone on since the record was read.
    if ((await store.readSession(record.id))?.tip === record.tip) known.set(key, open);
    const [oldest] = known.keys();
    if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    return open;
  };
}
