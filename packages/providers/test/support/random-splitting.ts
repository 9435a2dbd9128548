import type { StreamEvent } from '../../src/stream-event.ts';
import type { Splitting } from './corpus.ts';
import type { Random } from './random.ts';

/** Some cuts or many, each anywhere: inside a character, a line end, a number. */
export function randomSplitting(random: Random): Splitting {
  return (bytes) => {
    const count = random.pick([1, 3, 20, Math.ceil(bytes.length / 20)]);
    const cuts = Array.from({ length: count }, () => random.upTo(bytes.length));
    return cuts.sort((a, b) => a - b);
  };
}

/** What the events say; an error is told by its words. */
export function told(events: readonly StreamEvent[]): readonly unknown[] {
  return events.map((event) => {
    if (event.type !== 'assistant-turn') return event;
    const { error, ...turn } = event.turn;
    return { ...turn, error: error?.message };
  });
}
