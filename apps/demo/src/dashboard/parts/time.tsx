import { agoText, exactTimeText, timeText } from '../data/format.ts';

/** A moment in the reader's zone; its exact time shows on hover, and to screen readers. */
export function Time({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTimeText(at)}>
      {timeText(at)}
    </time>
  );
}

/** How long ago a moment was, in the fewest words; its exact time shows on hover. Drawn again with whatever it stands in. */
export function Ago({ at }: { readonly at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTimeText(at)}>
      {agoText(at, Date.now())}
    </time>
  );
}
