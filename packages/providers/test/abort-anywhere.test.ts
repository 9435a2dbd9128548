import { describe, expect, it } from 'vitest';
import type { AssistantTurn } from '../src/assistant-turn.ts';
import { messageText, toolCalls } from '../src/message.ts';
import type { ModelStream } from '../src/model.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { collectEvents, deltaText, lastTurn, userRequest } from './support/collect-stream.ts';
import { createStreamCheck } from './support/fuzz-check.ts';
import { FUZZED, type FuzzedFamily } from './support/fuzz-wires.ts';

/** How the network brings a response. */
const DELIVERIES: Readonly<Record<string, (events: readonly string[]) => readonly string[]>> = {
  'event by event': (events) => events,
  'all at once': (events) => [events.join('')],
};

/** A call whose response comes in pieces, and after its last event says nothing more, for ever. */
function endlessCall(
  family: FuzzedFamily,
  deliver: (events: readonly string[]) => readonly string[],
  signal?: AbortSignal,
): { stream: ModelStream; wasCancelled: () => boolean } {
  let wasCancelled = false;
  const [response] = family.responses;
  const waiting = deliver(response.map(family.encode)).map((piece) => new TextEncoder().encode(piece));
  const fetched: typeof fetch = async (_url, init) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        // What a real `fetch` does when its signal says stop.
        init?.signal?.addEventListener('abort', () => {
          wasCancelled = true;
          controller.error(init.signal?.reason);
        });
      },
      pull(controller) {
        const next = waiting.shift();
        if (next) controller.enqueue(next);
        else return new Promise(() => {});
      },
      cancel() {
        wasCancelled = true;
      },
    });
    return new Response(body, { headers: { 'content-type': family.contentType } });
  };
  const options = { retry: false, timeoutMs: 10_000, ...(signal ? { signal } : {}) } as const;
  return { stream: family.createModel(fetched).stream(userRequest('hi'), options), wasCancelled: () => wasCancelled };
}

/** Every event of the whole response but its turn. */
async function everyEvent(family: FuzzedFamily): Promise<readonly StreamEvent[]> {
  const body = family.responses[0].map(family.encode).join('');
  const headers = { 'content-type': family.contentType };
  const model = family.createModel(async () => new Response(body, { headers }));
  return (await collectEvents(model.stream(userRequest('hi')))).slice(0, -1);
}

/** The calls that had begun and not ended when so many events had come. */
function halfCalls(events: readonly StreamEvent[]): readonly string[] {
  const open = new Map<number, string>();
  for (const event of events) {
    if (event.type === 'tool-call-delta') open.set(event.blockIndex, event.id);
    if (event.type === 'block-end') open.delete(event.blockIndex);
  }
  return [...open.values()];
}

function expectPartial(turn: AssistantTurn): void {
  expect(turn).toMatchObject({ stopReason: 'aborted', error: { code: 'provider/aborted', retryable: false } });
  expect(turn.usageState).not.toBe('final');
}

const CASES = Object.entries(FUZZED).flatMap(([name, family]) =>
  Object.entries(DELIVERIES).map(([how, deliver]) => ({ name, family, how, deliver })),
);

describe.each(CASES)('a response of $name, $how,', ({ name, family, deliver }) => {
  const check = createStreamCheck(family.createModel(() => Promise.reject(new Error('Nothing is sent here.'))));

  it('that is aborted after any of its events leaves a well-formed turn of what came (I12)', async () => {
    const all = await everyEvent(family);
    expect(all.length).toBeGreaterThan(10);
    for (const [index] of all.entries()) {
      const abort = new AbortController();
      const { stream, wasCancelled } = endlessCall(family, deliver, abort.signal);
      const heard: StreamEvent[] = [];
      for await (const event of stream) {
        heard.push(event);
        if (heard.length === index + 1) abort.abort();
      }
      const turn = lastTurn(heard);
      expect(check(heard), `after event ${index}`).toEqual([]);
      expect(wasCancelled()).toBe(true);
      // What one event of the wire says is passed on together; what the next one says is not.
      expect(heard.length - 1 - (index + 1)).toBeLessThan(4);
      if (turn.stopReason !== 'aborted') {
        // The vendor's last word had come: an abort undoes nothing.
        expect(turn.message.content, `after event ${index}`).toHaveLength(blockCount(all));
        continue;
      }
      expectPartial(turn);
      expectKnownCounts(name, turn);
      for (const id of halfCalls(heard)) expect(toolCalls(turn.message).map((call) => call.id)).not.toContain(id);
    }
  });

  it('that is left after any of its events has a well-formed turn of what came (I12)', async () => {
    const all = await everyEvent(family);
    for (const [index] of all.entries()) {
      const { stream, wasCancelled } = endlessCall(family, deliver);
      const heard: StreamEvent[] = [];
      for await (const event of stream) {
        heard.push(event);
        if (heard.length === index + 1) break;
      }
      const turn = await stream.turn;
      expect(wasCancelled()).toBe(true);
      expect(check([...endedBlocks(turn), { type: 'assistant-turn', turn }]), `after event ${index}`).toEqual([]);
      expect(messageText(turn.message).startsWith(deltaText(heard, 'text-delta'))).toBe(true);
      if (turn.stopReason !== 'aborted') continue;
      expectPartial(turn);
      expectKnownCounts(name, turn);
    }
  });
});

/** How many blocks the whole response has. */
function blockCount(events: readonly StreamEvent[]): number {
  return events.filter(({ type }) => type === 'block-end').length;
}

/** Anthropic reports the prompt's counts as its response begins; the others report all of them at its end. */
function expectKnownCounts(name: string, { tokens, usageState, cacheReadTokens }: AssistantTurn): void {
  if (name === 'anthropic') {
    expect(tokens).toMatchObject({ fresh: 12, cacheRead: 2048, cacheWrite: { '5m': 200, '1h': 100 } });
    expect({ usageState, cacheReadTokens }).toEqual({ usageState: 'partial', cacheReadTokens: 2048 });
  } else {
    expect(tokens).toMatchObject({ fresh: 'not-reported', cacheRead: 'not-reported', output: 'not-reported' });
    expect({ usageState, cacheReadTokens }).toEqual({ usageState: 'none', cacheReadTokens: 0 });
  }
}

/** The events a message's blocks would have ended with: a stream that is left tells no more. */
function endedBlocks({ message }: AssistantTurn): readonly StreamEvent[] {
  return message.content.map((block, blockIndex) => ({ type: 'block-end', blockIndex, block }));
}
