import { useState } from 'preact/hooks';
import { lazy } from 'preact-iso';

const Timeline = lazy(() => import('./timeline/timeline.tsx').then((module) => module.Timeline));
const Tree = lazy(() => import('./tree/tree.tsx').then((module) => module.Tree));

const TABS = ['Turns', 'Tree'] as const;

/** What stands beside a conversation. */
export function SidePanel({ sessionId, turnCount }: { readonly sessionId: string; readonly turnCount: number }) {
  const [tab, setTab] = useState<(typeof TABS)[number]>('Turns');
  return (
    <aside class="session-side" aria-label="Turns and tree">
      <div class="tabs">
        {TABS.map((name) => (
          <button key={name} type="button" class="button" aria-pressed={name === tab} onClick={() => setTab(name)}>
            {name}
          </button>
        ))}
      </div>
      {tab === 'Turns' ? (
        <Timeline sessionId={sessionId} turnCount={turnCount} />
      ) : (
        <Tree sessionId={sessionId} turnCount={turnCount} />
      )}
    </aside>
  );
}
