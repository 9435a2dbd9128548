import { styleText } from 'node:util';
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

/** Whoever asks for colours knows that they are seen: no terminal is looked for. */
const inColour = (colour: Parameters<typeof styleText>[0]) => (text: string) =>
  styleText(colour, text, { validateStream: false });

export const COLOURED: Paint = {
  cacheRead: inColour('green'),
  cacheWrite: inColour('yellow'),
  fresh: inColour('gray'),
  gain: inColour('green'),
  loss: inColour('red'),
  head: inColour('bold'),
  sum: inColour('bold'),
  muted: inColour('dim'),
};
