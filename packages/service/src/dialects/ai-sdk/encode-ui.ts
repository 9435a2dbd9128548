/**
 * A run as an AI SDK UI message stream: all of it is one assistant message, each turn a step of it.
 *
 * Owns: which chunks each event becomes.
 * Leaves to `routes.ts`: which runs a message is made of, and from where on a client gets chunks.
 *
 * Z1. Given the same events an encoder says the same chunks: who comes back is served by reading them again from the first.
 * Z2. A part is begun before it grows, grows before it ends, and has ended when its step has; a call has its part before its output.
 * Z3. Runs that carry on a message, such as after an approval, go through the same encoder: the message begins once, and ends with the last.
 */

import type { AssistantBlock, ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { RunEvent } from '../../wire/run-event.ts';
import type { UiChunk, UiFinishReason, UiMetadata } from './ui-chunk.ts';
import { outputOf, sourcesOf, textOf, userParts } from './ui-parts.ts';

export interface UiEncoder {
  /** The chunks of the next event. */
  encode(event: RunEvent): readonly UiChunk[];
}

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

export function createUiEncoder(): UiEncoder {
  const encoder = new Encoder();
  return { encode: (event) => encoder.encode(event) };
}

class Encoder {
  /** The parts of the turn that are being written, by the block's place. */
  readonly #open = new Map<number, OpenPart>();
  /** The calls that have a part, and whether that has its output. */
  readonly #calls = new Map<string, { isAnswered: boolean; approvalId?: string }>();
  readonly #sources = new Set<string>();
  #runId = '';
  /** Of this run. */
  #turns = 0;
  #isBegun = false;
  /** `empty`: the step has begun and holds nothing; `written`: its turn is being written or has ended. */
  #step: 'none' | 'empty' | 'writing' | 'written' = 'none';
  #costPicoUsd: bigint | undefined = 0n;

  encode(event: RunEvent): readonly UiChunk[] {
    switch (event.type) {
      case 'run-start':
        return this.#start(event);
      case 'run-resumed':
        return this.#resume(event);
      case 'text-delta':
      case 'thinking-delta':
        return [...this.#enterStep(), ...this.#grow(event)];
      case 'tool-call-delta':
        return [...this.#enterStep(), ...this.#growCall(event)];
      case 'block-end':
        return [...this.#enterStep(), ...this.#endBlock(event.blockIndex, event.block)];
      case 'citation':
        return sourcesOf(event.citation, this.#sources);
      case 'turn-end':
        return this.#endTurn(event);
      case 'approval-needed':
        return this.#askApproval(event);
      case 'tool-start':
        return this.#startCall(event.call);
      case 'tool-end':
        return this.#endCall(event.call, event.result, event.durationMs);
      case 'tool-answered':
        return this.#answerCall(event);
      case 'message-steered':
        return [{ type: 'steering-message', id: `${this.#runId}.${event.number}`, parts: userParts(event.message) }];
      case 'run-end':
        return this.#end(event);
      default:
        return [this.#data(event)];
    }
  }

  #start({ runId, sessionId }: Of<'run-start'>): readonly UiChunk[] {
    this.#runId = runId;
    this.#turns = 0;
    if (this.#isBegun) return [];
    this.#isBegun = true;
    return [{ type: 'start', messageId: runId, messageMetadata: { runId, sessionId } }];
  }

  #enterStep(): readonly UiChunk[] {
    if (this.#step === 'writing') return [];
    const before = this.#step;
    this.#step = 'writing';
    if (before === 'empty') return [];
    return before === 'written' ? [{ type: 'finish-step' }, { type: 'start-step' }] : [{ type: 'start-step' }];
  }

  #grow({ type, blockIndex, text }: Of<'text-delta' | 'thinking-delta'>): readonly UiChunk[] {
    const kind = type === 'text-delta' ? 'text' : 'reasoning';
    const id = this.#partId(blockIndex);
    const delta = { type: `${kind}-delta`, id, delta: text } as const;
    if (this.#open.has(blockIndex)) return [delta];
    this.#open.set(blockIndex, { kind });
    return [{ type: `${kind}-start`, id }, delta];
  }

  #growCall({ blockIndex, id, name, argumentsText }: Of<'tool-call-delta'>): readonly UiChunk[] {
    const delta: readonly UiChunk[] =
      argumentsText === '' ? [] : [{ type: 'tool-input-delta', toolCallId: id, inputTextDelta: argumentsText }];
    if (this.#open.has(blockIndex)) return delta;
    this.#open.set(blockIndex, { kind: 'call', id, name });
    return [{ type: 'tool-input-start', toolCallId: id, toolName: name }, ...delta];
  }

  #endBlock(blockIndex: number, block: AssistantBlock): readonly UiChunk[] {
    const isOpen = this.#open.delete(blockIndex);
    const id = this.#partId(blockIndex);
    switch (block.type) {
      case 'text':
        return isOpen ? [{ type: 'text-end', id }] : whole('text', id, block.text);
      case 'thinking':
        return isOpen ? [{ type: 'reasoning-end', id }] : whole('reasoning', id, block.text);
      case 'tool-call':
        return [this.#callPart(block)];
      case 'opaque':
      case 'redacted-thinking':
        return [];
    }
  }

  #endTurn({ turn, totals, snapshotId, estimate }: Of<'turn-end'>): readonly UiChunk[] {
    const cut = [...this.#open].map(([blockIndex, part]) => cutPart(this.#partId(blockIndex), part));
    this.#open.clear();
    this.#turns += 1;
    if (this.#step === 'writing') this.#step = 'written';
    this.#costPicoUsd = sumOf(this.#costPicoUsd, turn.costPicoUsd);
    const { message: _message, ...facts } = turn;
    return [...cut, data('turn-end', { turn: facts, totals, snapshotId, estimate })];
  }

  #askApproval({ approval }: Of<'approval-needed'>): readonly UiChunk[] {
    const { id, call, reason } = approval;
    const part = this.#knownCall(call);
    this.#calls.set(call.id, { isAnswered: false, approvalId: id });
    return [
      ...part,
      {
        type: 'tool-approval-request',
        approvalId: id,
        toolCallId: call.id,
        ...(reason === undefined ? {} : { reason }),
      },
    ];
  }

  /** A call that waited for somebody and runs was approved. */
  #startCall(call: ToolCallBlock): readonly UiChunk[] {
    const approvalId = this.#calls.get(call.id)?.approvalId;
    const part = this.#knownCall(call);
    this.#calls.set(call.id, { isAnswered: false });
    return approvalId === undefined ? part : [...part, { type: 'tool-approval-response', approvalId, approved: true }];
  }

  #endCall(call: ToolCallBlock, result: ToolResultBlock, durationMs?: number): readonly UiChunk[] {
    const part = this.#knownCall(call);
    this.#calls.set(call.id, { isAnswered: true });
    return [...part, outputOf(call.id, result, durationMs)];
  }

  /** A call that waited for somebody and did not run was refused. */
  #answerCall({ call, result }: Of<'tool-answered'>): readonly UiChunk[] {
    const approvalId = this.#calls.get(call.id)?.approvalId;
    if (approvalId === undefined) return this.#endCall(call, result);
    this.#calls.set(call.id, { isAnswered: true });
    return [
      { type: 'tool-approval-response', approvalId, approved: false, reason: textOf(result) },
      { type: 'tool-output-denied', toolCallId: call.id },
    ];
  }

  /** The part of a call that is none of this stream's: made in a run before, whose events are gone. */
  #knownCall(call: ToolCallBlock): readonly UiChunk[] {
    return this.#calls.has(call.id) ? [] : [this.#callPart(call)];
  }

  #callPart({ id, name, arguments: input, argumentsText }: ToolCallBlock): UiChunk {
    this.#calls.set(id, { isAnswered: false });
    return { type: 'tool-input-available', toolCallId: id, toolName: name, input: input ?? argumentsText };
  }

  /** What was told of a turn that is not committed is taken back; what was committed and not told is made up for. */
  #resume({ messages, attempt }: Of<'run-resumed'>): readonly UiChunk[] {
    const chunks: UiChunk[] = [];
    if (this.#step === 'writing') {
      chunks.push({ type: 'reset-step' });
      this.#step = 'empty';
      for (const part of this.#open.values()) if (part.kind === 'call') this.#calls.delete(part.id);
      this.#open.clear();
    }
    let turns = 0;
    for (const message of messages) {
      if (message.role === 'assistant') {
        turns += 1;
        if (turns > this.#turns) chunks.push(...this.#missedTurn(message.content));
      } else if (message.role === 'tool') {
        for (const result of message.content) chunks.push(...this.#missedResult(result));
      }
    }
    return [...chunks, data('run-resumed', { attempt })];
  }

  #missedTurn(content: readonly AssistantBlock[]): readonly UiChunk[] {
    const chunks = [...this.#enterStep(), ...content.flatMap((block, index) => this.#endBlock(index, block))];
    this.#turns += 1;
    this.#step = 'written';
    return chunks;
  }

  #missedResult(result: ToolResultBlock): readonly UiChunk[] {
    const call = this.#calls.get(result.toolCallId);
    if (!call || call.isAnswered) return [];
    call.isAnswered = true;
    return [outputOf(result.toolCallId, result)];
  }

  #end({ reason, totals, error }: Of<'run-end'>): readonly UiChunk[] {
    const cut = [...this.#open].map(([blockIndex, part]) => cutPart(this.#partId(blockIndex), part));
    this.#open.clear();
    const step: readonly UiChunk[] = this.#step === 'none' ? [] : [{ type: 'finish-step' }];
    this.#step = 'none';
    const messageMetadata: UiMetadata = {
      runId: this.#runId,
      reason,
      totals: { ...totals },
      costPicoUsd: this.#costPicoUsd === undefined ? null : `${this.#costPicoUsd}`,
      ...(error ? { errorCode: error.code } : {}),
    };
    const finish: UiChunk = { type: 'finish', finishReason: FINISH[reason] ?? 'other', messageMetadata };
    if (reason === 'aborted') return [...cut, ...step, { type: 'abort', reason: 'The run was stopped.' }, finish];
    if (!error) return [...cut, ...step, finish];
    // Clients end their stream at the error: what there is to know of the message comes before it.
    return [
      ...cut,
      ...step,
      { type: 'message-metadata', messageMetadata },
      { type: 'error', errorText: error.message },
      finish,
    ];
  }

  #data({ type, number: _number, ...rest }: RunEvent): UiChunk {
    return data(type, rest);
  }

  #partId(blockIndex: number): string {
    return `${this.#runId}.${this.#turns}.${blockIndex}`;
  }
}

type OpenPart =
  | { readonly kind: 'text' | 'reasoning' }
  | { readonly kind: 'call'; readonly id: string; readonly name: string };

const FINISH: Readonly<Partial<Record<Of<'run-end'>['reason'], UiFinishReason>>> = {
  'end-turn': 'stop',
  'stop-sequence': 'stop',
  'tool-stop': 'stop',
  steered: 'stop',
  'max-tokens': 'length',
  'output-limit': 'length',
  'context-window': 'length',
  refusal: 'content-filter',
  'content-filter': 'content-filter',
  'approval-needed': 'tool-calls',
  error: 'error',
  aborted: 'interrupted',
};

function whole(kind: 'text' | 'reasoning', id: string, text: string): readonly UiChunk[] {
  return [
    { type: `${kind}-start`, id },
    { type: `${kind}-delta`, id, delta: text },
    { type: `${kind}-end`, id },
  ];
}

/** The end of a part whose block never came to its own. */
function cutPart(partId: string, part: OpenPart): UiChunk {
  if (part.kind !== 'call') return { type: `${part.kind}-end`, id: partId };
  const { id: toolCallId, name: toolName } = part;
  return { type: 'tool-input-error', toolCallId, toolName, input: undefined, errorText: 'The answer was broken off.' };
}

function data(type: string, value: unknown): UiChunk {
  return { type: `data-${type}`, data: value, transient: true };
}

function sumOf(sum: bigint | undefined, costPicoUsd: string | null): bigint | undefined {
  return sum === undefined || costPicoUsd === null ? undefined : sum + BigInt(costPicoUsd);
}
