/**
 * What a recorder was told and has not written, since it may go with what is written next.
 *
 * Owns: what may wait, and which calls are running.
 * Leaves to the recorder: when it is written.
 *
 * H1. Only what would be made again after a crash is held: calls of `pure` tools, which run again, and results, which are made of outcomes.
 * H2. A call that has ended is held until the next turn of the event loop, so that those that end together are written together. After that
 *     no other call holds it up: neither one that is running by then, nor one that begins.
 * H3. What is taken to be written is not held any more, whatever becomes of the write.
 */

import { setImmediate as nextEvents } from 'node:timers/promises';
import type { RanToolCall } from '@reprise/checkpoint';
import type { ToolMessage } from '@reprise/providers';

/** A call of a `pure` tool that has begun, as it will be written. */
type StartedCall = Omit<RanToolCall, 'outcome' | 'finishedAt'>;

interface TakenFacts {
  readonly ranCalls: readonly RanToolCall[];
  readonly messages: readonly ToolMessage[];
}

export class HeldFacts {
  /** Calls that are running, by their position; `undefined` for those whose intent is written. */
  readonly #running = new Map<number, StartedCall | undefined>();
  /** Calls that have ended in this turn of the event loop. */
  #ending = 0;
  #ranCalls: RanToolCall[] = [];
  #messages: ToolMessage[] = [];

  get isEmpty(): boolean {
    return this.#ranCalls.length === 0 && this.#messages.length === 0;
  }

  /** Whether what is held is to be written before another call begins. */
  get isDue(): boolean {
    return !this.isEmpty && this.#ending === 0;
  }

  start(position: number, call: StartedCall | undefined): void {
    this.#running.set(position, call);
  }

  /** Ends a call: the one that was started without an intent, or `undefined`. */
  end(position: number): StartedCall | undefined {
    const call = this.#running.get(position);
    this.#running.delete(position);
    return call;
  }

  /** Holds a call that has ended. Resolves to whether it is to be written now, since others are still running. */
  async holdCall(call: RanToolCall): Promise<boolean> {
    this.#ranCalls.push(call);
    this.#ending += 1;
    await nextEvents();
    this.#ending -= 1;
    return this.#ranCalls.length > 0 && this.#running.size > 0;
  }

  holdResults(message: ToolMessage): void {
    this.#messages.push(message);
  }

  /** Hands out what is held, to be written. */
  take(): TakenFacts {
    const taken = { ranCalls: this.#ranCalls, messages: this.#messages };
    this.#ranCalls = [];
    this.#messages = [];
    return taken;
  }

  /** Forgets calls that nobody will end any more, since their run has failed. */
  forgetRunning(): void {
    this.#running.clear();
  }
}
