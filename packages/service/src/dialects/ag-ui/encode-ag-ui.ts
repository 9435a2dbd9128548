/**
 * A run as AG-UI events: each turn is one assistant message, whose thoughts are messages of their own.
 *
 * Owns: which events each of ours becomes.
 * Leaves to `routes.ts`: which run it is, and from where on a client gets events.
 *
 * Y1. Given the same events an encoder says the same: who comes back is served by reading them again from the first.
 * Y2. What begins ends, and everything has ended before the run has.
 * Y3. A call's id is told once in a thread: one that a model repeats gets another, or its results would go to the first.
 */

import type { JsonObject } from '@reprise/providers';
import type { RunEvent } from '../../wire/run-event.ts';
import type { AgUiEvent, AgUiInterrupt, AgUiMessage } from './ag-ui-event.ts';
import { type AgUiNames, contentOf, messagesToAgUi, namesOf } from './ag-ui-messages.ts';
import { type CallIds, createCallIds } from './call-ids.ts';
import { createRunUsage } from './usage.ts';

export interface AgUiEncoder {
  /** The events of our next one. */
  encode(event: RunEvent): readonly AgUiEvent[];
}

export interface AgUiTerms {
  readonly threadId: string;
  /** As the client calls it. */
  readonly runId: string;
  /** The conversation as the client has it, the run's own messages left out. */
  readonly before: readonly AgUiMessage[];
}

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

export function createAgUiEncoder(terms: AgUiTerms): AgUiEncoder {
  const encoder = new Encoder(terms);
  return { encode: (event) => encoder.encode(event) };
}

class Encoder {
  readonly #terms: AgUiTerms;
  readonly #names: AgUiNames;
  readonly #usage = createRunUsage();
  /** Reasoning and calls that are being written, by the block's place. */
  readonly #open = new Map<number, readonly AgUiEvent[]>();
  readonly #callIds: CallIds;
  /** The thoughts that were told. */
  readonly #thoughts = new Set<string>();
  readonly #interrupts = new Map<string, AgUiInterrupt>();
  #turn = 0;
  #isInStep = false;
  #isInText = false;
  #hasInput = false;

  constructor(terms: AgUiTerms) {
    this.#terms = terms;
    this.#names = namesOf(terms.runId);
    this.#callIds = createCallIds(terms.before);
  }

  encode(event: RunEvent): readonly AgUiEvent[] {
    switch (event.type) {
      case 'run-start':
        return this.#start(event);
      case 'run-resumed':
        return this.#resume(event);
      case 'text-delta':
        return [...this.#enterStep(), ...this.#sayText(event.text)];
      case 'thinking-delta':
        return [...this.#enterStep(), ...this.#think(event)];
      case 'tool-call-delta':
        return [...this.#enterStep(), ...this.#writeCall(event)];
      case 'block-end':
        return [...this.#enterStep(), ...this.#endBlock(event)];
      case 'turn-end':
        return this.#endTurn(event);
      case 'approval-needed':
        this.#interrupts.set(event.approval.call.id, this.#interruptOf(event));
        return [custom(event)];
      case 'tool-start':
        this.#interrupts.delete(event.call.id);
        return [custom(event)];
      case 'tool-end':
      case 'tool-answered':
        return this.#endCall(event);
      case 'message-steered':
        return steered(this.#names.user(event.number), event);
      case 'run-end':
        return this.#end(event);
      default:
        return [custom(event)];
    }
  }

  #start({ input }: Of<'run-start'>): readonly AgUiEvent[] {
    const { threadId, runId } = this.#terms;
    this.#hasInput = input !== undefined;
    return [{ type: 'RUN_STARTED', threadId, runId, protocolVersion: '1.0' }];
  }

  #enterStep(): readonly AgUiEvent[] {
    if (this.#isInStep) return [];
    this.#isInStep = true;
    return [{ type: 'STEP_STARTED', stepName: this.#stepName() }];
  }

  /** All texts of a turn are one message, which ends with the turn. */
  #sayText(delta: string): readonly AgUiEvent[] {
    const messageId = this.#names.message(this.#turn);
    const said: readonly AgUiEvent[] = delta === '' ? [] : [{ type: 'TEXT_MESSAGE_CONTENT', messageId, delta }];
    if (this.#isInText) return said;
    this.#isInText = true;
    return [{ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }, ...said];
  }

  #think({ blockIndex, text }: { readonly blockIndex: number; readonly text: string }): readonly AgUiEvent[] {
    const messageId = this.#names.reasoning(this.#turn, blockIndex);
    const said: readonly AgUiEvent[] =
      text === '' ? [] : [{ type: 'REASONING_MESSAGE_CONTENT', messageId, delta: text }];
    if (this.#open.has(blockIndex)) return said;
    this.#open.set(blockIndex, [
      { type: 'REASONING_MESSAGE_END', messageId },
      { type: 'REASONING_END', messageId },
    ]);
    this.#thoughts.add(messageId);
    return [
      { type: 'REASONING_START', messageId },
      { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
      ...said,
    ];
  }

  #writeCall({
    blockIndex,
    id,
    name,
    argumentsText,
  }: Omit<Of<'tool-call-delta'>, 'type' | 'number'>): readonly AgUiEvent[] {
    const toolCallId = this.#open.has(blockIndex) ? this.#callIds.of(id) : this.#callIds.take(id);
    const said: readonly AgUiEvent[] =
      argumentsText === '' ? [] : [{ type: 'TOOL_CALL_ARGS', toolCallId, delta: argumentsText }];
    if (this.#open.has(blockIndex)) return said;
    this.#open.set(blockIndex, [{ type: 'TOOL_CALL_END', toolCallId }]);
    const parentMessageId = this.#names.message(this.#turn);
    return [{ type: 'TOOL_CALL_START', toolCallId, toolCallName: name, parentMessageId }, ...said];
  }

  #endBlock({ blockIndex, block }: Of<'block-end'>): readonly AgUiEvent[] {
    const ends = this.#open.get(blockIndex);
    if (block.type === 'text') return this.#isInText ? [] : this.#sayText(block.text);
    const begun = ends ? [] : this.#wholeBlock(blockIndex, block);
    const ended = this.#open.get(blockIndex) ?? [];
    this.#open.delete(blockIndex);
    return [...begun, ...ended];
  }

  #wholeBlock(blockIndex: number, block: Of<'block-end'>['block']): readonly AgUiEvent[] {
    if (block.type === 'thinking') return this.#think({ blockIndex, text: block.text });
    if (block.type !== 'tool-call') return [];
    const { id, name, argumentsText } = block;
    return this.#writeCall({ blockIndex, id, name, argumentsText });
  }

  #endTurn(event: Of<'turn-end'>): readonly AgUiEvent[] {
    const { message: _message, ...turn } = event.turn;
    const ended = this.#endAll();
    this.#turn += 1;
    this.#usage.add(turn);
    const { totals, snapshotId } = event;
    return [...ended, { type: 'CUSTOM', name: 'reprise.turn-end', value: { turn, totals, snapshotId } }];
  }

  /** Ends whatever of the turn has begun and not ended. */
  #endAll(): readonly AgUiEvent[] {
    const ended: AgUiEvent[] = [...this.#open.values()].flat();
    this.#open.clear();
    if (this.#isInText) ended.push({ type: 'TEXT_MESSAGE_END', messageId: this.#names.message(this.#turn) });
    if (this.#isInStep) ended.push({ type: 'STEP_FINISHED', stepName: this.#stepName() });
    this.#isInText = false;
    this.#isInStep = false;
    return ended;
  }

  #endCall({ call, result, ...timing }: Of<'tool-answered' | 'tool-end'>): readonly AgUiEvent[] {
    this.#interrupts.delete(call.id);
    const toolCallId = this.#callIds.of(call.id);
    const messageId = this.#names.result(toolCallId);
    const { isError } = result;
    const content = contentOf(result.content);
    return [
      {
        type: 'TOOL_CALL_RESULT',
        messageId,
        toolCallId,
        role: 'tool',
        content,
        metadata: { isError, ...durationOf(timing) },
      },
    ];
  }

  #interruptOf({ approval: { id, call, reason } }: Of<'approval-needed'>): AgUiInterrupt {
    const message = reason ?? `May the tool ${call.name} be run?`;
    return { id, reason: 'tool_call', message, toolCallId: this.#callIds.of(call.id), responseSchema: DECISION };
  }

  /** What is committed takes the place of what was told: clients have it under the same names. */
  #resume({ messages, attempt }: Of<'run-resumed'>): readonly AgUiEvent[] {
    const ended = this.#endAll();
    const own = this.#hasInput ? messages.slice(1) : messages;
    this.#callIds.reset();
    const told = [...this.#terms.before, ...messagesToAgUi(own, this.#names, this.#callIds)];
    this.#turn = own.filter(({ role }) => role === 'assistant').length;
    this.#interrupts.clear();
    return [
      ...ended,
      { type: 'MESSAGES_SNAPSHOT', messages: [...told, ...this.#voidThoughts(told)] },
      { type: 'CUSTOM', name: 'reprise.run-resumed', value: { attempt } },
    ];
  }

  /** Clients keep thoughts that a snapshot leaves out, unless it has others: those that are void are emptied. */
  #voidThoughts(told: readonly AgUiMessage[]): readonly AgUiMessage[] {
    if (told.some(({ role }) => role === 'reasoning')) return [];
    return [...this.#thoughts].map((id) => ({ id, role: 'reasoning', content: '' }));
  }

  #end({ reason, text, error }: Of<'run-end'>): readonly AgUiEvent[] {
    const { threadId, runId } = this.#terms;
    const ended = this.#endAll();
    const usage = this.#usage.byModel();
    if (error && reason !== 'aborted') {
      return [...ended, { type: 'RUN_ERROR', message: error.message, code: error.code, usage }];
    }
    const finished = { type: 'RUN_FINISHED', threadId, runId, result: { reason, text }, usage } as const;
    const interrupts = [...this.#interrupts.values()];
    if (reason === 'approval-needed' && interrupts.length > 0) {
      return [...ended, { ...finished, outcome: { type: 'interrupt', interrupts } }];
    }
    return [...ended, { ...finished, outcome: { type: reason === 'aborted' ? 'cancelled' : 'success' } }];
  }

  #stepName(): string {
    return `turn ${this.#turn + 1}`;
  }
}

function durationOf(timing: { readonly durationMs: number } | object): JsonObject {
  return 'durationMs' in timing ? { durationMs: timing.durationMs } : {};
}

/** The answer to an interrupt: what `payload` of its resume entry is to be. */
const DECISION = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, reason: { type: 'string' } },
  required: ['approved'],
} as const;

/** What has no word in AG-UI. */
function custom({ type, number: _number, ...value }: RunEvent): AgUiEvent {
  return { type: 'CUSTOM', name: `reprise.${type}`, value };
}

function steered(messageId: string, { message }: Of<'message-steered'>): readonly AgUiEvent[] {
  const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  return [
    { type: 'TEXT_MESSAGE_START', messageId, role: 'user' },
    ...(text === '' ? [] : [{ type: 'TEXT_MESSAGE_CONTENT', messageId, delta: text } as const]),
    { type: 'TEXT_MESSAGE_END', messageId },
  ];
}
