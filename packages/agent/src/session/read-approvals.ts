import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import type { OpenApproval } from '../approval/approval.ts';
import { openApprovals } from '../approval/plan-decision.ts';
import { decodeHistory, openApprovalEntries } from './record.ts';

/** What the calls at the end of the session's branch wait for, as the store has it now. Reads no media. */
export async function readOpenApprovals(
  store: CheckpointStore,
  sessionId: SessionId,
): Promise<readonly OpenApproval[]> {
  const entries = openApprovalEntries(await store.readEntries(sessionId));
  return openApprovals((await decodeHistory(store, entries)).approvals, sessionId);
}
