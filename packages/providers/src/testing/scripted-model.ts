import { toolCallBlock } from '../assemble-message.ts';
import type { AssistantTurnParts } from '../assistant-turn.ts';
import { chatPrefixBlocks } from '../cache/chat-prefix.ts';
import { checkRequest } from '../check-request.ts';
import { ProviderError } from '../errors.ts';
import { type AssistantBlock, toolCalls } from '../message.ts';
import type { Model } from '../model.ts';
import type { ModelRequest } from '../request.ts';
import type { StreamEvent } from '../stream-event.ts';
import { withoutTransient } from '../transient.ts';
import { singly } from '../transport/read-stream.ts';
import { type DecodedTurn, type StreamDecoder, sendExchange } from '../transport/send.ts';

/** What a model answers one request with; of a function, what it returns for the request. */
export type ScriptedStep =
  | StepAnswer
  | ((request: ModelRequest, signal: AbortSignal) => StepAnswer | Promise<StepAnswer>);

/** A text, a turn, or the error that the call fails with. */
export type StepAnswer = string | AssistantTurnParts | ProviderError;

/** A tool call of a script: its id, the tool's name and the arguments' JSON text. */
export type ScriptedCall = readonly [id: string, name: string, argumentsText: string];

export interface ScriptedModel extends Model {
  /** Every request that came, those that failed included. */
  readonly requests: readonly ModelRequest[];
  /** How many steps nobody has played yet. */
  readonly unplayed: number;
  /** Throws if a step was not played, or a request came that the script has no step for. */
  assertPlayed(): void;
}

/**
 * A model that plays a script: each request gets the next step, its text in words and its calls in pieces, as a vendor would send them.
 * It keeps every promise of a model. A request too many fails, and so does one that no vendor would take. A step that fails is not
 * tried again unless the call's `retry` says so: the next attempt plays the next step.
 */
export function scriptedModel(...steps: readonly ScriptedStep[]): ScriptedModel {
  const requests: ModelRequest[] = [];
  const open = async (request: ModelRequest, signal: AbortSignal) => {
    const step = steps[requests.length];
    requests.push(request);
    if (step === undefined) throw callTooMany(steps, requests);
    return singly(eventsOf(typeof step === 'function' ? await step(request, signal) : step));
  };
  return {
    id: 'scripted',
    family: 'custom',
    stream(request, options) {
      checkRequest(request, []);
      return sendExchange({
        retry: false,
        ...options,
        open: (signal) => open(request, signal),
        decoder: createStepDecoder(),
        readError: stepError,
        warnings: [],
      });
    },
    prefixBlocks(request) {
      const { system, tools = [], messages } = withoutTransient(request);
      return chatPrefixBlocks({
        tools,
        messages: system === undefined ? messages : [{ role: 'system', content: system }, ...messages],
      });
    },
    planMarks: () => [],
    requests,
    get unplayed() {
      return Math.max(0, steps.length - requests.length);
    },
    assertPlayed() {
      if (steps.length !== requests.length) {
        throw new Error(`The script has ${steps.length} steps, and ${requests.length} requests came.`);
      }
    },
  };
}

/** A turn of one text, or of none. */
export function textTurn(text: string, parts: Partial<AssistantTurnParts> = {}): AssistantTurnParts {
  return { message: { role: 'assistant', content: text === '' ? [] : [{ type: 'text', text }] }, ...parts };
}

/** A turn of tool calls alone. */
export function toolTurn(...calls: readonly ScriptedCall[]): AssistantTurnParts {
  const content = calls.map(([id, name, argumentsText]) => toolCallBlock(id, name, argumentsText));
  return { message: { role: 'assistant', content }, stopReason: 'tool-use' };
}

function callTooMany(steps: readonly unknown[], requests: readonly unknown[]): ProviderError {
  return new ProviderError(
    'provider/invalid-request',
    `The script has ${steps.length} steps, and this is request ${requests.length}.`,
  );
}

/** What a step's function throws is a bug of the test's: trying again would hide it. */
function stepError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ProviderError('provider/network', `The script failed: ${message}`, { cause: error, retryable: false });
}

type StepEvent = Exclude<StreamEvent, { type: 'assistant-turn' }> | AssistantTurnParts;

async function* eventsOf(answer: StepAnswer): AsyncGenerator<StepEvent, void, undefined> {
  if (answer instanceof ProviderError) throw answer;
  const turn = typeof answer === 'string' ? textTurn(answer) : answer;
  for (const [index, block] of turn.message.content.entries()) yield* blockEvents(index, block);
  yield turn;
}

function* blockEvents(blockIndex: number, block: AssistantBlock): Generator<StepEvent, void, undefined> {
  switch (block.type) {
    case 'text':
      for (const text of words(block.text)) yield { type: 'text-delta', blockIndex, text };
      for (const citation of block.citations ?? []) yield { type: 'citation', blockIndex, citation };
      break;
    case 'thinking':
      for (const text of words(block.text)) yield { type: 'thinking-delta', blockIndex, text };
      break;
    case 'tool-call': {
      const { id, name } = block;
      for (const argumentsText of ['', ...pieces(block.argumentsText)]) {
        yield { type: 'tool-call-delta', blockIndex, id, name, argumentsText };
      }
    }
  }
  yield { type: 'block-end', blockIndex, block };
}

/** Words, each with the space after it. */
function words(text: string): readonly string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** A few characters at a time, none of them cut in two. */
function pieces(text: string): readonly string[] {
  return text.match(/.{1,12}/gsu) ?? [];
}

/** Passes events on. Of a turn that was cut short, the blocks that had ended are kept, and the text that had come. */
function createStepDecoder(): StreamDecoder<StepEvent> {
  const ended: AssistantBlock[] = [];
  let openText = '';
  let turn: AssistantTurnParts | undefined;
  return {
    decode(event) {
      if ('message' in event && !('type' in event)) {
        turn = event;
        return [];
      }
      if (event.type === 'text-delta') openText += event.text;
      if (event.type === 'block-end') {
        ended.push(event.block);
        openText = '';
      }
      return [event];
    },
    finish() {
      const content: AssistantBlock[] = openText === '' ? ended : [...ended, { type: 'text', text: openText }];
      const last: DecodedTurn = turn ? wholeTurn(turn) : { message: { role: 'assistant', content } };
      return { family: 'custom', model: 'scripted', ...last };
    },
  };
}

function wholeTurn({ stopReason, error, ...parts }: AssistantTurnParts): DecodedTurn {
  if (error) return { ...parts, error };
  switch (stopReason) {
    case 'aborted':
      return { ...parts, error: new ProviderError('provider/aborted', 'The script says that the call was aborted.') };
    case 'error':
      return { ...parts, error: new ProviderError('provider/server', 'The script says that the call failed.') };
    default:
      return { ...parts, stopReason: stopReason ?? (toolCalls(parts.message).length > 0 ? 'tool-use' : 'end-turn') };
  }
}
