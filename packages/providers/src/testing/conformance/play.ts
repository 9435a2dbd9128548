import { getEventListeners } from 'node:events';
import { expect, onTestFinished, vi } from 'vitest';
import type { AssistantTurn } from '../../assistant-turn.ts';
import type { Model, StreamOptions } from '../../model.ts';
import type { ModelRequest } from '../../request.ts';
import type { StreamEvent } from '../../stream-event.ts';
import type { HarnessedModel, ModelHarness, ScriptedAnswer, WireLack } from '../harness.ts';
import { brokenStreamRules } from '../stream-rules.ts';

/** What the tests of a suite share: models of the harness, closed at the end of the test. */
export interface Stage {
  open(...answers: readonly ScriptedAnswer[]): Promise<HarnessedModel>;
  lacks(lack: WireLack): boolean;
}

export interface PlayedCall {
  readonly events: readonly StreamEvent[];
  readonly turn: AssistantTurn;
}

export function createStage(harness: ModelHarness): Stage {
  return {
    lacks: (lack) => harness.lacks?.includes(lack) ?? false,
    async open(...answers) {
      const opened = await harness.open(answers);
      onTestFinished(() => opened.close());
      return opened;
    },
  };
}

/** Reads a call to its end. Whatever it is asked, its stream has kept the rules of every stream, and left no listener. */
export async function play(model: Model, request: ModelRequest, options: StreamOptions = {}): Promise<PlayedCall> {
  const { signal = new AbortController().signal } = options;
  return readCall(model.stream(request, { retry: false, ...options, signal }), signal);
}

/** Reads a stream to its end, and tells `onEvent` each event as it comes. */
export async function readCall(
  stream: ReturnType<Model['stream']>,
  signal: AbortSignal,
  onEvent: (event: StreamEvent) => void = () => {},
): Promise<PlayedCall> {
  const events: StreamEvent[] = [];
  for await (const event of stream) {
    events.push(event);
    onEvent(event);
  }
  expect(brokenStreamRules(events)).toEqual([]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
  const last = events.at(-1);
  if (last?.type !== 'assistant-turn') throw new Error('A stream ended without its turn.');
  expect(await stream.turn).toBe(last.turn);
  return { events, turn: last.turn };
}

/** Waits until the vendor sees that nobody listens any more. */
export async function expectGivenUp(opened: HarnessedModel): Promise<void> {
  await vi.waitFor(() => expect(opened.openResponses()).toBe(0), PATIENCE);
}

/** Waits until so many requests have reached the vendor. */
export async function expectRequests(opened: HarnessedModel, count: number): Promise<void> {
  await vi.waitFor(() => expect(opened.requests()).toHaveLength(count), PATIENCE);
}

const PATIENCE = { timeout: 2000, interval: 5 };

/** The pieces of one kind, joined. */
export function deltaText(events: readonly StreamEvent[], type: 'text-delta' | 'thinking-delta'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}
