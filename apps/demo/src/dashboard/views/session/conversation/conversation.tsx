import './conversation.css';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Conversation as State } from '../../../data/conversation/conversation.ts';
import { selectedTurn } from '../../../data/selected-turn.ts';
import { useVirtualList } from '../../../parts/use-virtual-list.ts';
import { RowView } from './row.tsx';
import { endRows, growingRows, historyRows, type Row, runRows } from './rows.ts';

const ROW_PX = 120;
/** How near the end, in pixels, the reader has to be to be kept there. */
const NEAR_PX = 80;

/** What was said, of which the rows in sight are drawn. It stays at the end while the reader does. */
export function Conversation({ state, onOlder }: { readonly state: State; readonly onOlder: () => Promise<void> }) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRows(state);
  const latest = useRef(rows);
  latest.current = rows;
  const list = useVirtualList(scroller, {
    count: rows.length,
    estimate: () => ROW_PX,
    // The same each time, or the places of all rows would be found anew with each word that comes.
    keyOf: useCallback((index) => latest.current[index]?.key ?? index, []),
  });
  const [isAtEnd, setAtEnd] = useState(true);
  useShownTurn(rows, (index) => {
    setAtEnd(false);
    list.scrollTo(index, 'start');
  });
  useLayoutEffect(() => {
    if (isAtEnd && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  });
  const isLoadingOlder = useOlder(list.items[0]?.index === 0 && state.previous !== null, scroller, onOlder);
  return (
    <div class="conversation">
      <div
        class="conversation-scroller"
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Conversation"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
          setAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_PX)
        }
      >
        {isLoadingOlder && (
          <p class="quiet" role="status">
            Loading what was said before …
          </p>
        )}
        <div class="conversation-rows" style={{ blockSize: `${list.totalSize}px` }}>
          {list.items.map(({ index, key, start }) => {
            const row = rows[index];
            return (
              row && (
                <div
                  key={key}
                  ref={list.measure}
                  data-index={index}
                  class="conversation-row"
                  style={{ transform: `translateY(${start}px)` }}
                >
                  <RowView row={row} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {!isAtEnd && (
        <button type="button" class="button newest" onClick={() => setAtEnd(true)}>
          Newest ↓
        </button>
      )}
      <Announcement rows={rows} isWriting={state.live !== undefined && !state.live.end} />
    </div>
  );
}

/** What was said, and the run that is going. What has come to its end is made into rows once, however much is written after it. */
function useRows({ messages, approvals, live, lastRun, session }: State): readonly Row[] {
  const history = useMemo(() => historyRows(messages, approvals), [messages, approvals]);
  const told = useMemo(
    () => (live ? [...history, ...runRows(live)] : [...history, ...endRows(lastRun, session?.updatedAt ?? 0)]),
    [history, live?.runId, live?.input, live?.items, lastRun, session?.updatedAt],
  );
  return useMemo(() => (live ? [...told, ...growingRows(live)] : told), [told, live]);
}

/** Goes to the turn that the reader has picked elsewhere, if it is there. */
function useShownTurn(rows: readonly Row[], onPicked: (index: number) => void): void {
  const picked = selectedTurn.value;
  useEffect(() => {
    if (picked === undefined) return;
    const index = rows.findIndex((row) => row.kind === 'turn' && row.turn.id === picked);
    if (index !== -1) onPicked(index);
  }, [picked]);
}

/** Asks for the page before when the reader comes to the top, and leaves what was read where it was. */
function useOlder(
  isAtTop: boolean,
  scroller: { readonly current: HTMLElement | null },
  onOlder: () => Promise<void>,
): boolean {
  const [isLoading, setLoading] = useState(false);
  useEffect(() => {
    const element = scroller.current;
    if (!isAtTop || isLoading || !element) return;
    const fromEnd = element.scrollHeight - element.scrollTop;
    setLoading(true);
    onOlder()
      .catch(() => {})
      .finally(() => {
        setLoading(false);
        requestAnimationFrame(() => {
          element.scrollTop = element.scrollHeight - fromEnd;
        });
      });
  }, [isAtTop, isLoading]);
  return isLoading;
}

/** Tells screen readers of a whole answer, and not of each word of it. */
function Announcement({ rows, isWriting }: { readonly rows: readonly Row[]; readonly isWriting: boolean }) {
  const last = rows.findLast((row) => row.kind === 'turn');
  const text = last?.turn.message.content.map((block) => (block.type === 'text' ? block.text : '')).join(' ') ?? '';
  return (
    <p class="visually-hidden" aria-live="polite">
      {isWriting ? 'An answer is being written.' : text.slice(0, 600)}
    </p>
  );
}
