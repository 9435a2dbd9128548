import './side-panel.css';
import type { SessionBody } from '@reprise/service/client';
import { useState } from 'preact/hooks';
import { Timeline } from './timeline/timeline.tsx';
import { Tree } from './tree/tree.tsx';

const TABS = ['Turns', 'Tree'] as const;

/** What stands beside a conversation. */
export function SidePanel({ session }: { readonly session: SessionBody }) {
  const { id, spent } = session;
  const [tab, setTab] = useState<(typeof TABS)[number]>('Turns');
  return (
    <aside class="session-side" aria-label="Turns and tree">
      <div class="tabs">
        {TABS.map((name) => (
          <button key={name} type="button" class="button" aria-pressed={name === tab} onClick={() => setTab(name)}>
            {name}
          </button>
        ))}
        {spent.turnCount > 0 && (
          <a class="to-money" href={`/money?session=${encodeURIComponent(id)}`}>
            What would another policy have cost?
          </a>
        )}
      </div>
      {tab === 'Turns' ? <Timeline session={session} /> : <Tree sessionId={id} turnCount={spent.turnCount} />}
    </aside>
  );
}
