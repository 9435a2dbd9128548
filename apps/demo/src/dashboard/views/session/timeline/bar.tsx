import { exactTimeText, tokenText } from '../../../data/format.ts';
import { BUCKETS } from '../../../parts/token-bar/token-buckets.ts';
import { pauseText } from './pause-text.ts';
import { BAR_PX, type PlacedBar } from './strip.ts';
import type { TurnBar } from './turn-bars.ts';

/** A turn's bar, with the pause before it and its time where there is room. */
export function Bar({
  place: { bar, x, pause, tick },
  scale,
  total,
  isPicked,
  onPick,
}: {
  readonly place: PlacedBar;
  readonly scale: number;
  readonly total: number;
  readonly isPicked: boolean;
  /** Takes the turn's id. */
  readonly onPick: (id: string) => void;
}) {
  return (
    <>
      {pause?.isCold && (
        <span
          class={`strip-pause ${bar.brokenBy ? 'is-costly' : ''}`}
          style={{ insetInlineStart: `${pause.x}px`, inlineSize: `${pause.width}px` }}
          aria-hidden="true"
        >
          {pauseText(pause.ms)}
        </span>
      )}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names the option that is active. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list hears the keys. */}
      <div
        id={idOf(bar)}
        class={`strip-bar ${bar.brokenBy ? 'is-broken' : ''}`}
        role="option"
        aria-selected={isPicked}
        aria-label={labelOf(bar, pause?.isCold ? pause.ms : undefined)}
        aria-posinset={bar.number}
        aria-setsize={total}
        title={labelOf(bar)}
        style={{ insetInlineStart: `${x}px`, inlineSize: `${BAR_PX}px` }}
        onClick={() => onPick(bar.turn.id)}
      >
        {BUCKETS.map(({ name, field }) => (
          <span key={name} class={`is-${name}`} style={{ blockSize: `${(100 * (bar.tokens[field] ?? 0)) / scale}%` }} />
        ))}
      </div>
      {tick && (
        <span class="strip-tick quiet" style={{ insetInlineStart: `${x}px` }} aria-hidden="true">
          {(tick === 'day' ? day : clock).format(bar.turn.startedAt)}
        </span>
      )}
    </>
  );
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** The id of a bar's element. */
export function idOf({ turn }: TurnBar): string {
  return `turn-${turn.id}`;
}

/** All that the bar shows, in words. */
function labelOf({ number, turn, tokens, brokenBy }: TurnBar, pauseMs?: number): string {
  const counts = BUCKETS.map(({ name, field }) => `${tokenText(tokens[field])} ${name}`).join(', ');
  const pause = pauseMs === undefined ? '' : `, ${pauseText(pauseMs)} after the turn before`;
  const broken = brokenBy ? `. The cache broke here: ${tokenText(brokenBy.missedTokens)} tokens missed` : '';
  return `Turn ${number}, ${exactTimeText(turn.startedAt)}${pause}: ${counts} tokens${broken}`;
}
