import type { DecisionBody } from '@reprise/service/client';

type Decision = Omit<DecisionBody, 'decidedAt'>;

/** Such as “approved by anna” or “refused by bert: too dear”. */
export function decisionText({ isApproved, by, reason }: Decision): string {
  const who = by === null ? '' : ` by ${by}`;
  return `${isApproved ? 'approved' : 'refused'}${who}${reason === null ? '' : `: ${reason}`}`;
}

/** What stands of a call that somebody else has seen to: its decision, or that there is none any more. */
export function elsewhereText(tool: string, decision: Decision | null): string {
  return decision === null
    ? `${tool} waits no more: its session has gone another way.`
    : `${tool} was ${decisionText(decision)}.`;
}
