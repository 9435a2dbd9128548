import './session-view.css';
import type { ApprovalBody, SessionBody } from '@reprise/service/client';
import { useState } from 'preact/hooks';
import { lazy, useRoute } from 'preact-iso';
import { client } from '../../data/client.ts';
import { type ConversationActions, useConversation } from '../../data/conversation/use-conversation.ts';
import { statusOf } from '../../data/unreachable.ts';
import { Composer } from '../../parts/composer/composer.tsx';
import { Failure, Loading } from '../../parts/notice.tsx';
import { WaitingCall } from '../../parts/waiting-call/waiting-call.tsx';
import { Conversation } from './conversation/conversation.tsx';
import { SessionHead } from './session-head.tsx';

const SidePanel = lazy(() => import('./side-panel.tsx').then((module) => module.SidePanel));

/** One session: what was said, live, and beside it what it cost and where it can go back to. */
export function SessionView() {
  const id = useRoute().params['id'] ?? '';
  return <Session key={id} id={id} />;
}

function Session({ id }: { readonly id: string }) {
  const conversation = useConversation(id);
  const { session, run, live, error, look, again } = conversation;
  if (error && statusOf(error) === 404) return <NoSession id={id} />;
  if (!session) return error ? <Failure isView error={error} onRetry={again} /> : <Loading what="the session" />;
  return (
    <div class="session-view">
      <SessionHead session={session} live={live} />
      <section class="session-talk" aria-label="Conversation">
        {error && <Failure error={error} onRetry={look} />}
        <Conversation state={conversation} onOlder={conversation.older} />
        <Waiting session={session} approvals={conversation.approvals} onDecided={look} />
        <Composer
          draft={id}
          isRunning={run !== undefined && live?.end === undefined}
          onSend={async (content, onBusy) => {
            await client.value.sessions.send(id, { content }, { onBusy });
            look();
          }}
          onStop={async () => {
            if (run) await client.value.sessions.run(id, run.id).stop();
          }}
        />
      </section>
      <SidePanel session={session} />
    </div>
  );
}

function NoSession({ id }: { readonly id: string }) {
  return (
    <section class="notice">
      <h1>There is no such session</h1>
      <p>
        Nothing is known of <code>{id}</code>: it was deleted, or the address is not quite right.
      </p>
      <a href="/">All sessions</a>
    </section>
  );
}

/** What has to be decided before the session can go on. */
function Waiting({
  session,
  approvals,
  onDecided,
}: {
  readonly session: SessionBody;
  readonly approvals: readonly ApprovalBody[];
  readonly onDecided: ConversationActions['look'];
}) {
  const [said, setSaid] = useState('');
  const decided = (words: string) => {
    setSaid(words);
    onDecided();
  };
  return (
    <div class="session-waiting">
      <p class="visually-hidden" role="status">
        {said}
      </p>
      {approvals
        .filter(({ state }) => state === 'waiting')
        .map((approval) => (
          <WaitingCall key={approval.id} item={{ approval, session }} withLink={false} onDecided={decided} />
        ))}
    </div>
  );
}
