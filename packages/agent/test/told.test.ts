import type { StreamEvent } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentEventBody } from '../src/agent-event.ts';
import { listenTo, type Telling, type ToldStream } from '../src/told.ts';

const delta = (text: string) => ({ type: 'text-delta', blockIndex: 0, text }) as const;
const started = (runId: string) => ({ type: 'run-start', runId }) as const;

/** A stream of these words, which remembers how far it was read. Those in brackets are not for the listener. */
function streamOf(words: readonly string[], log: string[] = []): ToldStream {
  const left = words.values();
  return {
    async next() {
      const { done, value } = left.next();
      if (done) return { done, value: undefined };
      log.push(`read ${value}`);
      return { value: delta(value) };
    },
    note(event: StreamEvent) {
      const word = wordOf(event);
      log.push(`noted ${word}`);
      if (word === 'broken') throw new Error('The note failed.');
      return isForListener(word);
    },
  };
}

const WORD = fc.stringMatching(/^[(]?[a-z]$/);

function isForListener(word: string): boolean {
  return !word.startsWith('(');
}

function wordOf(event: AgentEventBody): string {
  if (event.type === 'text-delta') return event.text;
  return event.type === 'run-start' ? event.runId : event.type;
}

const heard = (part: () => Telling<void>) => Array.fromAsync(listenTo(part, wordOf));

describe('a listener', () => {
  it('hears events and those of streams in the order they are told', async () => {
    const words = fc.array(fc.oneof(WORD, fc.array(WORD, { maxLength: 4 })), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(words, async (told) => {
        async function* part(): Telling<void> {
          for (const each of told) yield typeof each === 'string' ? started(each) : streamOf(each);
        }
        const all = told.flatMap((each) => (typeof each === 'string' ? each : each.filter(isForListener)));
        expect(await heard(part)).toEqual(all);
      }),
    );
  });

  it('does not hear what the part keeps to itself, and the part has noted it', async () => {
    const log: string[] = [];
    async function* part(): Telling<void> {
      yield streamOf(['a', '(b)', 'c'], log);
    }
    expect(await heard(part)).toEqual(['a', 'c']);
    expect(log.filter((line) => line.startsWith('noted'))).toEqual(['noted a', 'noted (b)', 'noted c']);
  });

  it('begins nothing before it asks for an event', async () => {
    let hasBegun = false;
    async function* part(): Telling<void> {
      hasBegun = true;
      yield started('a');
    }
    const events = listenTo(part, wordOf);
    await events.return();
    expect(hasBegun).toBe(false);
  });

  it('sets the pace: nothing is read before it asks for more', async () => {
    const log: string[] = [];
    async function* part(): Telling<void> {
      yield streamOf(['a', 'b'], log);
    }
    const events = listenTo(part, wordOf);
    await events.next();
    await new Promise(setImmediate);
    expect(log).toEqual(['read a', 'noted a']);
    await events.return();
  });
});

describe('a part that tells a stream', () => {
  it('goes on when the stream is at its end (S1)', async () => {
    const log: string[] = [];
    async function* part(): Telling<void> {
      yield streamOf(['a'], log);
      log.push('went on');
    }
    await heard(part);
    expect(log).toEqual(['read a', 'noted a', 'went on']);
  });

  it('is thrown what its stream throws, and may go on (S1)', async () => {
    async function* part(): Telling<void> {
      try {
        yield streamOf(['a', 'broken', 'c']);
      } catch (error) {
        yield started(String(error));
      }
    }
    expect(await heard(part)).toEqual(['a', 'Error: The note failed.']);
  });

  it('passes on to its listener what it does not catch', async () => {
    async function* part(): Telling<void> {
      yield { next: () => Promise.reject(new Error('The wire broke.')), note: () => true };
    }
    await expect(heard(part)).rejects.toThrow('The wire broke.');
  });

  it('is left with its stream, whose rest is its own (S2)', async () => {
    const log: string[] = [];
    async function* part(): Telling<void> {
      const stream = streamOf(['a', 'b'], log);
      try {
        yield stream;
        log.push('went on');
      } finally {
        log.push('left');
        await stream.next();
      }
    }
    for await (const _word of listenTo(part, wordOf)) break;
    expect(log).toEqual(['read a', 'noted a', 'left', 'read b']);
  });
});
