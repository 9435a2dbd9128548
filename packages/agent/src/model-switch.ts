/**
 * A session that goes on with another model.
 *
 * Owns: that leaving the model it asked last is told, with its price, before anything is sent.
 * Leaves to `context/estimate-request.ts`: what a request comes to. To `onPrefixChange: 'refuse'`: not letting it happen.
 */

import {
  type CacheLifetime,
  cacheRules,
  type Family,
  type Model,
  type ModelRequest,
  type PlannedMark,
  priceTurn,
  promptTokenCount,
  tokenCounts,
} from '@reprise/providers';
import {
  type CountedRequest,
  heldTokensOf,
  keptLifetime,
  keptTokens,
  splitPrompt,
} from './context/estimate-request.ts';
import { isSameModel } from './session/prefix-change.ts';

export interface NamedModel {
  readonly family: Family;
  readonly id: string;
}

/** The next request of a session goes to another model than its last one: nothing that the vendor has kept of it is read. */
export interface ModelSwitchEvent {
  readonly type: 'model-switch';
  readonly from: NamedModel;
  readonly to: NamedModel;
  readonly price: SwitchPrice;
}

/** What the next prompt is expected to cost, in picoUsd; its answer is not counted. Tokens are counted as the old model counts them. */
export interface SwitchPrice {
  /** `not-reported` where the last response had no counts; then no price is known. */
  readonly promptTokens: number | 'not-reported';
  /** How many of these the old model's vendor still holds. */
  readonly heldTokens: number;
  /** On the old model, which reads what is held; `undefined` where the price is not known. */
  readonly warmPicoUsd: bigint | undefined;
  /** On the new one, which reads nothing; `undefined` where the price is not known. */
  readonly coldPicoUsd: bigint | undefined;
}

/** The switch that sending a request at this time would be; `undefined` if it is none. */
export function modelSwitch(
  last: CountedRequest | undefined,
  model: Model,
  request: ModelRequest,
  at: number,
): ModelSwitchEvent | undefined {
  if (!last || isSameModel(last, model)) return undefined;
  const { family, id } = last;
  return {
    type: 'model-switch',
    from: { family, id },
    to: { family: model.family, id: model.id },
    price: switchPrice(last, model, request, at),
  };
}

function switchPrice(last: CountedRequest, model: Model, request: ModelRequest, at: number): SwitchPrice {
  const counted = promptTokenCount(last.tokens);
  if (counted === 'not-reported') {
    return { promptTokens: counted, heldTokens: 0, warmPicoUsd: undefined, coldPicoUsd: undefined };
  }
  const promptTokens = counted + addedTokens(request);
  const heldTokens = heldTokensOf(last, at);
  return {
    promptTokens,
    heldTokens,
    warmPicoUsd: warmPicoUsd(last, promptTokens, heldTokens, at),
    coldPicoUsd: coldPicoUsd(model, request, promptTokens, at),
  };
}

/** About so many bytes of JSON are one token. */
const BYTES_PER_TOKEN = 4;

/** What has come since the last request: its answer, and what followed. */
function addedTokens({ messages }: ModelRequest): number {
  const answer = messages.findLastIndex(({ role }) => role === 'assistant');
  const added = answer === -1 ? [] : messages.slice(answer);
  return Math.ceil(Buffer.byteLength(JSON.stringify(added)) / BYTES_PER_TOKEN);
}

function warmPicoUsd(last: CountedRequest, prompt: number, held: number, at: number): bigint | undefined {
  const { family, id, tokens } = last;
  const rules = cacheRules(family, id);
  const isKept = rules.dialect !== 'none' && heldTokensOf(last, last.startedAt) > 0;
  return promptPicoUsd(last, at, {
    prompt,
    held,
    kept: isKept ? prompt : 0,
    lifetime: isKept ? keptLifetime(tokens, rules) : undefined,
  });
}

function coldPicoUsd(model: Model, request: ModelRequest, prompt: number, at: number): bigint | undefined {
  const blocks = model.prefixBlocks(request);
  const marks: readonly PlannedMark[] = model.planMarks(request, blocks);
  const lifetime: CacheLifetime | undefined = marks.at(-1)?.lifetime;
  return promptPicoUsd(model, at, { prompt, held: 0, kept: keptTokens(prompt, blocks, marks, model), lifetime });
}

function promptPicoUsd(
  { family, id }: NamedModel,
  at: number,
  parts: Parameters<typeof splitPrompt>[0],
): bigint | undefined {
  return priceTurn(tokenCounts({ ...splitPrompt(parts), output: 0 }), { family, model: id, at }).picoUsd;
}
