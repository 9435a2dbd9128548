import colours from 'yoctocolors';
import type { BarBucket } from './bar.ts';

/** How a piece of text is set off, by what it is. */
export type Paint = Readonly<Record<BarBucket | 'gain' | 'loss' | 'head' | 'sum' | 'muted', (text: string) => string>>;

const plain = (text: string) => text;

/** Text as it is. */
export const PLAIN: Paint = {
  cacheRead: plain,
  cacheWrite: plain,
  fresh: plain,
  gain: plain,
  loss: plain,
  head: plain,
  sum: plain,
  muted: plain,
};

/** The colours of the process's terminal; plain where it has none. */
export const COLOURED: Paint = {
  cacheRead: colours.green,
  cacheWrite: colours.yellow,
  fresh: colours.gray,
  gain: colours.green,
  loss: colours.red,
  head: colours.bold,
  sum: colours.bold,
  muted: colours.dim,
};
