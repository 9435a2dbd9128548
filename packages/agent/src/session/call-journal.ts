import type { CheckpointStore, TurnId } from '@reprise/checkpoint';
import type { Ports } from '../ports.ts';
import type { JournaledCall, ToolOutcome, ToolStart } from '../recorder.ts';
import { decodeOutcome, encodeOutcome } from './record.ts';
import type { SessionWriter } from './session-writer.ts';

/** The journal of the calls of one turn: intents before, outcomes after. Those of `pure` tools are held; see `HeldFacts`. */
export class CallJournal {
  readonly #store: CheckpointStore;
  readonly #writer: SessionWriter;
  readonly #clock: Ports['clock'];
  readonly #turnId: () => TurnId;

  constructor(store: CheckpointStore, writer: SessionWriter, clock: Ports['clock'], turnId: () => TurnId) {
    this.#store = store;
    this.#writer = writer;
    this.#clock = clock;
    this.#turnId = turnId;
  }

  keyOf(position: number): string {
    return `${this.#turnId()}/${position}`;
  }

  async read(): Promise<ReadonlyMap<number, JournaledCall>> {
    await this.#writer.settle();
    const calls = await this.#store.readToolCalls(this.#turnId());
    return new Map(
      calls.map(({ position, attempts, outcome, idempotencyKey }) => [
        position,
        {
          attempts,
          ...(outcome === null
            ? { result: undefined, isStop: false }
            : decodeOutcome(outcome, `tool call ${idempotencyKey}`)),
        },
      ]),
    );
  }

  async start({ position, call, effect, again = false }: ToolStart): Promise<void> {
    const { held } = this.#writer;
    if (held.isDue) await this.#writer.settle();
    const intent = {
      turnId: this.#turnId(),
      position,
      toolCallId: call.id,
      toolName: call.name,
      idempotencyKey: this.keyOf(position),
      startedAt: this.#clock(),
    };
    // A call that the journal has may have been of another class then.
    if (effect === 'pure' && !again) return held.start(position, { ...intent, effect });
    await this.#store.startToolCall({ ...this.#writer.right, ...intent, effect, again });
    held.start(position, undefined);
  }

  async finish(position: number, outcome: ToolOutcome): Promise<void> {
    const { held, right } = this.#writer;
    const [encoded, at] = [encodeOutcome(outcome), this.#clock()];
    const started = held.end(position);
    if (!started) {
      await this.#store.finishToolCall({ ...right, turnId: this.#turnId(), position, outcome: encoded, at });
      return;
    }
    if (await held.holdCall({ ...started, outcome: encoded, finishedAt: at })) await this.#writer.settle();
  }
}
