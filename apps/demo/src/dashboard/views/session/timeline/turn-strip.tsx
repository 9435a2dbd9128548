import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { shortCount } from '../../../data/format.ts';
import { Bar, idOf } from './bar.tsx';
import { barsBetween, layStrip, scaleOf } from './strip.ts';
import type { TurnBar } from './turn-bars.ts';
import { bringIntoSight, useSight } from './use-sight.ts';

interface StripProps {
  readonly bars: readonly TurnBar[];
  /** How many turns there are before the first bar. */
  readonly earlier: number;
  readonly picked: TurnBar | undefined;
  /** Takes the turn's id. */
  readonly onPick: (id: string) => void;
  /** The reader wants to see the picked turn. */
  readonly onOpen: () => void;
  /** The reader has come to the first bar, or wants the first turn of all. Resolves to the id of the turn that is the first then. */
  readonly onEarlier: (howMany: 'all' | 'page') => Promise<string | undefined>;
}

/** The turns as stacked bars along time, of which those in sight are drawn: a list to pick from, with arrow keys, too. */
export function TurnStrip({ bars, earlier, picked, onPick, onOpen, onEarlier }: StripProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const strip = useMemo(() => layStrip(bars), [bars]);
  const { from, to, follow } = useSight(scroller, strip);
  const inSight = barsBetween(strip, from, to);
  const scale = scaleOf(inSight);
  const isInSight = picked !== undefined && inSight.some(({ bar }) => bar === picked);
  useLayoutEffect(() => {
    const place = picked && strip.bars[picked.number - (bars[0]?.number ?? 1)];
    if (place && scroller.current) bringIntoSight(scroller.current, place);
  }, [picked?.turn.id]);
  useEffect(() => {
    if (from < 1 && earlier > 0) void onEarlier('page').catch(() => {});
  }, [from < 1, earlier]);

  const move = async (event: KeyboardEvent) => {
    const at = picked ? bars.indexOf(picked) : bars.length - 1;
    const goal = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: bars.length - 1 }[event.key];
    if (event.key === 'Enter') onOpen();
    else if (goal === undefined) return;
    event.preventDefault();
    const first = event.key === 'Home' && earlier > 0 ? await onEarlier('all') : undefined;
    const id = first ?? (goal === undefined ? undefined : bars[Math.max(0, goal)]?.turn.id);
    if (id !== undefined) onPick(id);
  };
  return (
    <div class="strip">
      <span class="strip-most quiet" aria-hidden="true">
        {shortCount(scale)} tokens
      </span>
      <div
        class="strip-scroller"
        ref={scroller}
        role="listbox"
        aria-label="Turns"
        aria-orientation="horizontal"
        aria-activedescendant={isInSight ? idOf(picked) : undefined}
        tabIndex={0}
        onKeyDown={(event) => void move(event).catch(() => {})}
        onScroll={follow}
      >
        <div class="strip-bars" style={{ inlineSize: `${strip.width}px` }}>
          {inSight.map((place) => (
            <Bar
              key={place.bar.turn.id}
              place={place}
              scale={scale}
              total={earlier + bars.length}
              isPicked={place.bar.turn.id === picked?.turn.id}
              onPick={onPick}
            />
          ))}
        </div>
      </div>
    </div>
  );
}
