import './waiting-call.css';
import { ServiceProblem } from '@reprise/service/client';
import { useRef, useState } from 'preact/hooks';
import { client } from '../../data/client.ts';
import { sessionName } from '../../data/session-name.ts';
import type { WaitingApproval } from '../../data/waiting-approvals.ts';
import { Time } from '../time.tsx';

/** A call that waits, and the two things to be said of it. */
export function WaitingCall({
  item: { approval, session },
  withLink = true,
  onDecided,
}: {
  readonly item: WaitingApproval;
  /** Whether to name the session, and lead to it. */
  readonly withLink?: boolean;
  /** Is told in words what stands now. */
  readonly onDecided: (words: string) => void;
}) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string>();
  const isDeciding = useRef(false);
  const decide = async (isApproved: boolean) => {
    if (isDeciding.current) return;
    isDeciding.current = true;
    setError(undefined);
    try {
      const given = isApproved || reason.trim() === '' ? {} : { reason };
      const { decision } = await client.value.sessions.decide(session.id, approval.id, {
        isApproved,
        ...given,
        continue: true,
      });
      onDecided(decidedText(approval.call.name, decision, isApproved));
    } catch (failure) {
      // Somebody was faster, and the call is carried out by now.
      if (failure instanceof ServiceProblem && failure.code === 'agent/approval-refused') onDecided(failure.message);
      else setError(failure instanceof Error ? failure.message : String(failure));
    } finally {
      isDeciding.current = false;
    }
  };
  return (
    <article class="waiting-call" aria-label={`${approval.call.name} in ${sessionName(session)}`}>
      <header>
        <h2>
          <code>{approval.call.name}</code>
        </h2>
        {withLink && <a href={`/sessions/${encodeURIComponent(session.id)}`}>{sessionName(session)}</a>}
        <span class="quiet">
          asked <Time at={approval.requestedAt} />
        </span>
      </header>
      {approval.reason && <p>{approval.reason}</p>}
      <h3>Arguments, as the model wrote them</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>{approval.call.argumentsText}</pre>
      {error && <p role="alert">{error}</p>}
      <label class="field">
        Reason for a refusal, for the model
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
      </label>
      <p class="buttons">
        <button type="button" class="button is-primary" onClick={() => void decide(true)}>
          Approve
        </button>
        <button type="button" class="button is-danger" onClick={() => void decide(false)}>
          Refuse
        </button>
      </p>
    </article>
  );
}

/** What stands now: somebody may have been faster. */
function decidedText(
  tool: string,
  { isApproved, by }: { readonly isApproved: boolean; readonly by: string | null },
  wanted: boolean,
): string {
  const what = isApproved ? 'approved' : 'refused';
  return isApproved === wanted
    ? `${tool} is ${what}.`
    : `${tool} was ${what} before${by ? ` by ${by}` : ''}; that decision stands.`;
}
