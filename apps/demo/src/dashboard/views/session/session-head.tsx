import type { RunView, SessionBody } from '@reprise/service/client';
import { percentText } from '../../data/format.ts';
import { sessionName } from '../../data/session-name.ts';
import { spentTexts } from '../../data/spent-texts.ts';
import { Fact } from '../../parts/fact.tsx';
import { SessionStateBadge } from '../../parts/session-state.tsx';
import { TokenBar } from '../../parts/token-bar/token-bar.tsx';

/** What a session is called, what it does, and what it has come to. */
export function SessionHead({ session, live }: { readonly session: SessionBody; readonly live: RunView | undefined }) {
  const { spent, lastPrompt } = session;
  const { cost, saved } = spentTexts(spent);
  return (
    <header class="session-head">
      <h1 title={sessionName(session)}>{sessionName({ ...session, lastPrompt: lastPrompt ?? promptOf(live) })}</h1>
      <SessionStateBadge state={session.state} />
      <TokenBar tokens={spent.tokens} silentTurns={spent.silentTurns} />
      <dl>
        <Fact name="Turns" value={`${spent.turnCount}`} />
        <Fact name="Hit ratio" value={percentText(spent.hitRatio ?? undefined)} />
        <Fact name="Cost" value={cost} />
        <Fact name="Saved" value={saved} />
      </dl>
    </header>
  );
}

/** What a run was asked that has not come to its first turn. */
function promptOf(live: RunView | undefined): string | null {
  const text = live?.input?.content.map((block) => (block.type === 'text' ? block.text : '')).join(' ');
  return text?.trim() ? text : null;
}
