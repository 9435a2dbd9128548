import './session-view.css';
import type { RunView, SessionBody } from '@reprise/service/client';
import { useState } from 'preact/hooks';
import { lazy, useRoute } from 'preact-iso';
import { client } from '../../data/client.ts';
import { moneyText, percentText } from '../../data/format.ts';
import { sessionName } from '../../data/session-name.ts';
import { useConversation } from '../../data/use-conversation.ts';
import { useResource } from '../../data/use-resource.ts';
import { readWaitingIn } from '../../data/waiting-approvals.ts';
import { Composer } from '../../parts/composer/composer.tsx';
import { Failure, Loading } from '../../parts/notice.tsx';
import { SessionStateBadge } from '../../parts/session-state/session-state.tsx';
import { TokenBar } from '../../parts/token-bar/token-bar.tsx';
import { WaitingCall } from '../../parts/waiting-call/waiting-call.tsx';
import { Conversation } from './conversation/conversation.tsx';

const SidePanel = lazy(() => import('./side-panel.tsx').then((module) => module.SidePanel));

const LIVE_MS = 3000;

/** One session: what was said, live, and beside it what it cost and where it can go back to. */
export function SessionView() {
  const { params } = useRoute();
  const id = params['id'] ?? '';
  const session = useResource((signal) => client.value.sessions.get(id, { signal }), [id], { everyMs: LIVE_MS });
  const conversation = useConversation(id);
  const { value } = session;
  if (!value && session.error) return <Failure isView error={session.error} onRetry={session.reload} />;
  if (!value) return <Loading what="the session" />;
  const { run, live } = conversation;
  return (
    <div class="session-view">
      <header class="session-head">
        <h1 title={sessionName(value)}>{sessionName({ ...value, lastPrompt: value.lastPrompt ?? promptOf(live) })}</h1>
        <SessionStateBadge state={value.state} />
        <TokenBar tokens={value.spent.tokens} silentTurns={value.spent.silentTurns} />
        <dl>
          <Fact name="Turns" value={`${value.spent.turnCount}`} />
          <Fact name="Hit ratio" value={percentText(value.spent.hitRatio ?? undefined)} />
          <Fact name="Cost" value={value.spent.turnCount === 0 ? '–' : moneyText(value.spent.paidPicoUsd)} />
          <Fact name="Saved" value={value.spent.turnCount === 0 ? '–' : moneyText(value.spent.savedPicoUsd)} />
        </dl>
      </header>
      <section class="session-talk" aria-label="Conversation">
        {conversation.error && <Failure error={conversation.error} onRetry={conversation.look} />}
        <Conversation state={conversation} onOlder={conversation.older} />
        <Waiting session={value} onDecided={conversation.look} />
        <Composer
          draft={id}
          isRunning={run !== undefined && live?.end === undefined}
          onSend={async (content, onBusy) => {
            await client.value.sessions.send(id, { content }, { onBusy });
            conversation.look();
          }}
          onStop={async () => {
            if (run) await client.value.sessions.run(id, run.id).stop();
          }}
        />
      </section>
      <SidePanel sessionId={id} turnCount={value.spent.turnCount} />
    </div>
  );
}

/** What has to be decided before the session can go on. */
function Waiting({ session, onDecided }: { readonly session: SessionBody; readonly onDecided: () => void }) {
  const waiting = useResource((signal) => readWaitingIn(session, signal), [session.state, session.updatedAt]);
  const [said, setSaid] = useState('');
  const decided = (words: string) => {
    setSaid(words);
    waiting.reload();
    onDecided();
  };
  return (
    <div class="session-waiting">
      <p class="visually-hidden" role="status">
        {said}
      </p>
      {waiting.value?.map((item) => (
        <WaitingCall key={item.approval.id} item={item} withLink={false} onDecided={decided} />
      ))}
    </div>
  );
}

/** What a run was asked that has not come to its first turn. */
function promptOf(live: RunView | undefined): string | null {
  const text = live?.input?.content.map((block) => (block.type === 'text' ? block.text : '')).join(' ');
  return text?.trim() ? text : null;
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt class="quiet">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
