import type { SessionBody } from '@reprise/service/client';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { percentText } from '../../data/format.ts';
import { sessionAddress } from '../../data/session-address.ts';
import { sessionName } from '../../data/session-name.ts';
import { spentTexts } from '../../data/spent-texts.ts';
import { moveBetweenRows } from '../../parts/move-between-rows.ts';
import { SessionStateBadge } from '../../parts/session-state.tsx';
import { Ago } from '../../parts/time.tsx';
import { TokenBar } from '../../parts/token-bar/token-bar.tsx';
import { useVirtualList } from '../../parts/use-virtual-list.ts';
import { keyOf, type SessionList } from './session-list.ts';
import { SessionMenu } from './session-menu.tsx';

/** As `sessions.css` says: rows that turn out as they were estimated move no others. */
const ROW_PX = 60;
const MINUTE_MS = 60_000;
/** How many rows before the end of what is there the next page is asked for. */
const AHEAD = 20;

const COLUMNS = ['Session', 'State', 'Model', 'Turns', 'Tokens', 'Hit ratio', 'Cost', 'Saved', 'Changed', 'Menu'];
const NUMBERS: ReadonlySet<string> = new Set(['Turns', 'Hit ratio', 'Cost', 'Saved']);

/** The rows in sight. Arrow keys go from row to row, Enter opens one. */
export function SessionTable({
  list,
  onMore,
  onChange,
}: {
  readonly list: SessionList;
  readonly onMore: () => void;
  readonly onChange: () => void;
}) {
  const scroller = useRef<HTMLDivElement>(null);
  const { items } = list;
  // With another function all rows would be placed anew.
  const keyAt = useCallback(
    (index: number) => {
      const item = items[index];
      return item ? keyOf(item) : index;
    },
    [items],
  );
  const rows = useVirtualList(scroller, {
    count: items.length,
    estimate: () => ROW_PX,
    keyOf: keyAt,
  });
  const lastShown = rows.items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= items.length - AHEAD) onMore();
  }, [lastShown, items.length]);
  const before = rows.items[0]?.start ?? 0;
  const after = rows.totalSize - (rows.items.at(-1)?.end ?? 0);
  return (
    <div class="session-scroller" ref={scroller}>
      <table class="session-table" aria-rowcount={list.next === null ? items.length + 1 : -1}>
        <caption class="visually-hidden">Sessions, newest first. Arrow keys go from row to row.</caption>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((name) => (
              <th key={name} scope="col" class={NUMBERS.has(name) ? 'number' : ''}>
                {name === 'Menu' ? <span class="visually-hidden">{name}</span> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <Gap height={before} />}
          {rows.items.map(({ index, key }) => {
            const session = items[index];
            return session && <SessionRow key={key} session={session} index={index} rows={rows} onChange={onChange} />;
          })}
          {after > 0 && <Gap height={after} />}
        </tbody>
      </table>
    </div>
  );
}

/** Stands for the rows out of sight. */
function Gap({ height }: { readonly height: number }) {
  return (
    <tr class="gap">
      <td colSpan={COLUMNS.length} style={{ blockSize: `${height}px` }} />
    </tr>
  );
}

interface RowProps {
  readonly session: SessionBody;
  readonly index: number;
  readonly rows: { readonly measure: (element: Element | null) => void };
  readonly onChange: () => void;
}

/** A row, drawn anew when its session changes and not with each step of a scroll; and each minute, for how long ago things are. */
function SessionRow({ session, index, rows, onChange }: RowProps) {
  const { route } = useLocation();
  const changed = useRef(onChange);
  changed.current = onChange;
  const minute = Math.floor(Date.now() / MINUTE_MS);
  return useMemo(
    () => (
      <tr
        ref={rows.measure}
        data-index={index}
        aria-rowindex={index + 2}
        onClick={(event) => {
          const isPlain = event.target instanceof Element && !event.target.closest('a, button, dialog, [popover]');
          if (isPlain && getSelection()?.isCollapsed !== false) route(sessionAddress(session.id));
        }}
      >
        <Cells session={session} />
        <td>
          <SessionMenu session={session} onChange={() => changed.current()} />
        </td>
      </tr>
    ),
    [session, index, minute],
  );
}

function Cells({ session }: { readonly session: SessionBody }) {
  const { spent } = session;
  const { cost, saved, missing } = spentTexts(spent);
  const look = spent.paidPicoUsd === null ? 'quiet unknown' : undefined;
  const name = sessionName(session);
  return (
    <>
      <th scope="row" class="name">
        <a href={sessionAddress(session.id)} title={name} onKeyDown={(event) => moveBetweenRows(event, 'a')}>
          {name}
        </a>
        <small class="quiet">{session.id}</small>
      </th>
      <td data-name="State">
        <SessionStateBadge state={session.state} />
      </td>
      <td data-name="Model">{session.models.join(', ') || <span class="quiet">{session.agent}</span>}</td>
      <td data-name="Turns" class="number">
        {spent.turnCount}
      </td>
      <td data-name="Tokens">
        <TokenBar tokens={spent.tokens} silentTurns={spent.silentTurns} />
      </td>
      <td data-name="Hit ratio" class="number">
        {percentText(spent.hitRatio ?? undefined)}
      </td>
      <td data-name="Cost" class="number">
        <span class={look} title={missing}>
          {cost}
        </span>
      </td>
      <td data-name="Saved" class="number">
        <span class={look} title={missing}>
          {saved}
        </span>
      </td>
      <td data-name="Changed">
        <Ago at={session.updatedAt} />
      </td>
    </>
  );
}
