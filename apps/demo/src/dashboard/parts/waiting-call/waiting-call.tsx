import './waiting-call.css';
import type { DecisionBody } from '@reprise/service/client';
import { client } from '../../data/client.ts';
import { sessionAddress } from '../../data/session-address.ts';
import { sessionName } from '../../data/session-name.ts';
import type { WaitingApproval } from '../../data/waiting-approval.ts';
import { Time } from '../time.tsx';
import { useCarriedOut } from '../use-carried-out.ts';
import { DecisionForm } from './decision-form.tsx';
import { decisionText } from './decision-words.ts';

/** A call that waits, with its exact arguments, and what is to be said of it. */
export function WaitingCall({
  item,
  withLink = true,
  onDecided,
}: {
  readonly item: WaitingApproval;
  /** Whether to name the session, and lead to it. */
  readonly withLink?: boolean;
  /** Is told in words what stands now. */
  readonly onDecided: (words: string) => void;
}) {
  const { approval, session } = item;
  const { call, decision } = approval;
  return (
    <article class="waiting-call" aria-label={`${call.name} in ${sessionName(session)}`}>
      <header>
        <h2>
          <code>{call.name}</code>
        </h2>
        {withLink && <a href={sessionAddress(session.id)}>{sessionName(session)}</a>}
        <span class="quiet">
          asked <Time at={approval.requestedAt} />
        </span>
      </header>
      {approval.reason && <p>{approval.reason}</p>}
      <h3>Arguments, as the model wrote them</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre tabIndex={0}>{call.argumentsText}</pre>
      {decision ? (
        <Decided item={item} decision={decision} onGoOn={onDecided} />
      ) : (
        <DecisionForm item={item} onDecided={onDecided} />
      )}
    </article>
  );
}

/** Somebody has decided, and nobody has gone on yet. */
function Decided({
  item: { approval, session },
  decision,
  onGoOn,
}: {
  readonly item: WaitingApproval;
  readonly decision: DecisionBody;
  readonly onGoOn: (words: string) => void;
}) {
  const { error, carryOut } = useCarriedOut();
  const goOn = async () => {
    await client.value.sessions.goOn(session.id);
    onGoOn(`${approval.call.name}: the session goes on.`);
  };
  return (
    <>
      <p>
        It was {decisionText(decision)}, <Time at={decision.decidedAt} />. The session has not gone on since.
      </p>
      {error && <p role="alert">{error}</p>}
      <p class="buttons">
        <button type="button" class="button is-primary" onClick={() => void carryOut(goOn)}>
          Go on
        </button>
      </p>
    </>
  );
}
