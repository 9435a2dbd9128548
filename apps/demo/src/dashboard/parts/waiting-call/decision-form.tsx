import { ServiceProblem } from '@reprise/service/client';
import { useState } from 'preact/hooks';
import { client } from '../../data/client.ts';
import { readDecision } from '../../data/read-waiting.ts';
import type { WaitingApproval } from '../../data/waiting-approval.ts';
import { useCarriedOut } from '../use-carried-out.ts';
import { decisionText, elsewhereText } from './decision-words.ts';

/** Approve, or refuse with a reason. */
export function DecisionForm({
  item,
  onDecided,
}: {
  readonly item: WaitingApproval;
  readonly onDecided: (words: string) => void;
}) {
  const [reason, setReason] = useState('');
  const { error, carryOut } = useCarriedOut();
  const decide = (isApproved: boolean) =>
    carryOut(async () => onDecided(await decideOn(item, isApproved, isApproved ? '' : reason.trim())));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void decide(false);
      }}
    >
      {error && <p role="alert">{error}</p>}
      <label class="field">
        Reason for a refusal, for the model
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <p class="buttons">
        <button type="button" class="button is-primary" onClick={() => void decide(true)}>
          Approve
        </button>
        <button type="submit" class="button is-danger">
          Refuse
        </button>
      </p>
    </form>
  );
}

/** Decides, and has the session go on; resolves to words on what stands, as somebody may have been faster. */
async function decideOn(item: WaitingApproval, isApproved: boolean, reason: string): Promise<string> {
  const { approval, session } = item;
  const tool = approval.call.name;
  try {
    const given = reason === '' ? {} : { reason };
    const { decision } = await client.value.sessions.decide(session.id, approval.id, {
      isApproved,
      ...given,
      continue: true,
    });
    return `${tool} is ${decisionText(decision)}.`;
  } catch (failure) {
    if (!(failure instanceof ServiceProblem && failure.code === 'agent/approval-refused')) throw failure;
    return elsewhereText(tool, await readDecision(item));
  }
}
