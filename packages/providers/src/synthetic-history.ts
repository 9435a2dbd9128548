import { createHash, randomBytes } from 'node:crypto';
import { toolCallBlock } from './assemble-message.ts';
import { refuseRequest } from './check-request.ts';
import type { JsonObject } from './json.ts';
import type {
  AssistantMessage,
  ImageBlock,
  TextBlock,
  ToolCallBlock,
  ToolMessage,
  ToolResultBlock,
} from './message.ts';

/** What a tool is said to have answered. */
export type SyntheticResult = string | TextBlock | ImageBlock | readonly (string | TextBlock | ImageBlock)[];

/** Calls and results that no model and no tool made, for histories written by hand. */
export interface Synth {
  /** A call with the arguments as JSON, their keys in the order given. Default id: a new one, `toolu_` and 25 letters and digits. */
  toolCall(name: string, args?: JsonObject, id?: string): ToolCallBlock;
  /** The assistant message that asks for calls, after a text if it is not empty. */
  request(text: string, calls: readonly ToolCallBlock[]): AssistantMessage;
  result(call: ToolCallBlock, content: SyntheticResult, options?: { readonly isError?: boolean }): ToolResultBlock;
  /** The message that answers calls, in their order. Throws `provider/invalid-request` unless there is one result for each call. */
  results(calls: readonly ToolCallBlock[], results: readonly SyntheticResult[]): ToolMessage;
}

/** With a seed, the ids are the same in every run, and none comes twice from one `Synth`. */
export function createSynth({ seed }: { readonly seed?: string | number } = {}): Synth {
  const createId = seed === undefined ? randomId : seededIds(seed);
  return {
    toolCall: (name, args = {}, id = createId()) => toolCallBlock(id, name, JSON.stringify(args)),
    request: (text, calls) => ({
      role: 'assistant',
      content: [...(text === '' ? [] : [{ type: 'text', text } as const]), ...calls],
    }),
    result: toolResult,
    results(calls, results) {
      if (calls.length !== results.length) {
        refuseRequest(`There are ${results.length} results for ${calls.length} calls; one for each is expected.`);
      }
      return { role: 'tool', content: calls.map((call, index) => toolResult(call, results[index] ?? '')) };
    },
  };
}

/** With random ids. */
export const synth: Synth = createSynth();

const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 25;

function randomId(): string {
  return toolId(randomBytes(ID_LENGTH));
}

function seededIds(seed: string | number): () => string {
  let count = 0;
  return () => {
    count += 1;
    return toolId(createHash('sha256').update(`${seed}\n${count}`).digest());
  };
}

function toolId(bytes: Uint8Array): string {
  const characters = Array.from(bytes.subarray(0, ID_LENGTH), (byte) => ID_ALPHABET[byte % ID_ALPHABET.length]);
  return `toolu_${characters.join('')}`;
}

function toolResult(
  { id, name }: ToolCallBlock,
  content: SyntheticResult,
  { isError = false }: { readonly isError?: boolean } = {},
): ToolResultBlock {
  const list = typeof content === 'string' || 'type' in content ? [content] : content;
  const blocks = list.map((part) => (typeof part === 'string' ? ({ type: 'text', text: part } as const) : part));
  return {
    type: 'tool-result',
    toolCallId: id,
    toolName: name,
    content: blocks.filter((block) => block.type !== 'text' || block.text !== ''),
    isError,
  };
}
