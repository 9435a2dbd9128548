import type { Ports } from '../ports.ts';
import type { Recorder } from '../recorder.ts';
import type { AgentState } from '../state.ts';
import { unansweredCalls } from '../state.ts';
import type { ApprovalDecision, DecidedApproval } from './approval.ts';
import { planDecision } from './plan-decision.ts';

/** A conversation that nobody else goes on with. */
export interface HeldApprovals {
  readonly recorder: Pick<Recorder, 'approvals' | 'lastTurn' | 'decideApproval'>;
  readonly state: AgentState;
  readonly ports: Ports;
}

/** Writes a decision down, or finds it written; resolves to what stands. Rejects with `agent/approval-refused`. */
export async function decideApproval(
  id: string,
  decision: ApprovalDecision,
  { recorder, state, ports }: HeldApprovals,
): Promise<DecidedApproval> {
  const openCalls = unansweredCalls(state).length;
  const standing = planDecision(id, decision, { ...recorder.lastTurn(), log: recorder.approvals(), openCalls });
  if (standing) return standing;
  const decided = { ...decision, id, decidedAt: ports.clock() };
  await recorder.decideApproval(decided);
  ports.onFaultPoint?.('agent/approval-decided');
  return decided;
}
