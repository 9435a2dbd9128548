import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import type { OpenApproval } from '../approval/approval.ts';
import { decisionOn } from '../approval/plan-approval.ts';
import { openApprovals, withDecision } from '../approval/plan-decision.ts';
import { APPROVAL_ENTRY_KINDS, decodeHistory, openApprovalEntries } from './record.ts';

/** What the calls at the end of the session's branch wait for, as the store has it now. Reads no media. */
export async function readOpenApprovals(
  store: Pick<CheckpointStore, 'readBlobs' | 'readEntries'>,
  sessionId: SessionId,
): Promise<readonly OpenApproval[]> {
  const entries = openApprovalEntries(await store.readEntries(sessionId));
  return openApprovals((await decodeHistory(store, entries)).approvals, sessionId);
}

/** What became of a request on the session's branch, carried out or not; `undefined` if it has none of that id. */
export async function readApproval(
  store: Pick<CheckpointStore, 'readBlobs' | 'readEntries'>,
  sessionId: SessionId,
  id: string,
): Promise<OpenApproval | undefined> {
  const entries = (await store.readEntries(sessionId)).filter(({ kind }) => APPROVAL_ENTRY_KINDS.includes(kind));
  const { approvals: log } = await decodeHistory(store, entries);
  const request = log.requests.find((each) => each.id === id && each.sessionId === sessionId);
  return request && withDecision(request, decisionOn(log, id));
}
