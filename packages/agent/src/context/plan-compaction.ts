/**
 * What a compaction would cost and save, before anything is sent. Pure.
 *
 * Owns: the comparison of a conversation that is compacted with the same one that is not.
 * Leaves to `cut-history.ts`: where it is cut. To `branch-cache.ts`: what a cache makes of each request, and prices.
 *
 * W1. Both go on with the same messages at the same times; what is compared is their input, and the summary.
 * W2. The first turn after a compaction pays for writing what is left anew, and that is part of the break-even. From the second turn on
 *     each saves the same.
 */

import { type AssistantMessage, type Message, promptTokenCount, userMessage } from '@reprise/providers';
import {
  type AskedRequest,
  type BranchCache,
  cachedRequest,
  forecast,
  type PriceTerms,
  serveAt,
} from './branch-cache.ts';
import { compactedHistory, cutHistory } from './cut-history.ts';
import { shareOut } from './measure-prefix.ts';

export interface PlanCompactionOptions {
  /** How many of the user's last messages are kept word for word, each with all that follows it. Default 2. */
  readonly keepLast?: number;
  /** What the model is asked. Default: `DEFAULT_COMPACTION_PROMPT`. */
  readonly prompt?: string;
  /** How many tokens the summary is taken to have. Default: a tenth of what it replaces, but 200 to 4000. */
  readonly summaryTokens?: number;
  /** How many tokens each further message is taken to have. Default: as the branch has had on average. */
  readonly messageTokens?: number;
  /** How many tokens each further answer is taken to have. Default: as the branch has had on average. */
  readonly answerTokens?: number;
  /** The time between two turns, in milliseconds. Default 60 000. */
  readonly gapMs?: number;
}

export interface CompactionPlan {
  /** The first message that is kept, counted from 0. */
  readonly cut: number;
  /** 0: there is nothing that could be dropped, and nothing would be done. */
  readonly droppedMessages: number;
  readonly keptMessages: number;
  /** What the next request begins with, in tokens, as it is and as it would be; so far as they were not reported, estimates. */
  readonly tokensBefore: number;
  readonly tokensAfter: number;
  readonly summaryTokens: number;
  /** The summary request with its answer; `undefined` where the price is not known. */
  readonly summaryPicoUsd: bigint | undefined;
  /** What each turn saves from the second one on; less than 0 where it costs more. */
  readonly savingPerTurnPicoUsd: bigint | undefined;
  /** After how many further turns it has cost no more than going on without it. `unknown` where the price is. */
  readonly breakEvenTurns: number | 'never' | 'unknown';
}

/** What is known of a conversation that may be compacted. */
export interface CompactionInputs {
  readonly messages: readonly Message[];
  readonly cache: BranchCache;
  readonly terms: PriceTerms;
  /** The request that the model would be sent for a history. */
  readonly ask: (messages: readonly Message[]) => AskedRequest;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A summary as it came out. */
export interface SummaryOutcome {
  readonly tokens: number;
  readonly picoUsd: bigint | undefined;
}

export const DEFAULT_KEEP_LAST = 2;

export const DEFAULT_COMPACTION_PROMPT: string =
  'Summarise our conversation so far, for yourself: it will be shortened, and your summary is all that you will see of it. Say what the user ' +
  'wants, in the words that matter; what was done and found, with names, paths, numbers and decisions as they are; what is still open; and ' +
  'what comes next. Use no tools. Answer with the summary alone.';

/** See `CompactionPlan`. With `outcome` it states what the compaction that has been made comes to. */
export function planCompaction(
  inputs: CompactionInputs,
  options: PlanCompactionOptions = {},
  outcome?: SummaryOutcome,
): CompactionPlan {
  const { keepLast = DEFAULT_KEEP_LAST, prompt = DEFAULT_COMPACTION_PROMPT } = options;
  const { messages } = inputs;
  const place = cutHistory(messages, keepLast, prompt);
  const going = startFrom(inputs, messages);
  const dropped = lengthOf(going) - lengthOf(startFrom(inputs, messages.slice(place.cut)));
  const summaryTokens =
    outcome?.tokens ?? options.summaryTokens ?? Math.min(4000, Math.max(200, Math.ceil(dropped / 10)));
  const compacted = startCompacted(inputs, compactedHistory(messages, place, PRETENDED), summaryTokens);
  const summary = askAt(
    inputs,
    goOnWith(inputs, going, [userMessage(prompt)]),
    inputs.cache.state,
    inputs.now,
    summaryTokens,
  );
  const summaryPicoUsd = outcome ? outcome.picoUsd : summary.picoUsd;
  const pace = { ...averagePace(inputs.cache), ...options };
  const [whole, short] = [goOn(inputs, going, inputs.cache.state, pace), goOn(inputs, compacted, summary.state, pace)];
  return {
    cut: place.cut,
    droppedMessages: place.cut,
    keptMessages: place.end - place.cut,
    tokensBefore: lengthOf(going),
    tokensAfter: lengthOf(compacted),
    summaryTokens,
    summaryPicoUsd,
    ...comparison(summaryPicoUsd, whole, short),
  };
}

/** A conversation on its way: what was said, and how many tokens each block of its request has. */
interface Growing {
  readonly messages: readonly Message[];
  readonly asked: AskedRequest;
  readonly sizes: readonly number[];
}

function lengthOf({ sizes }: Growing): number {
  return sizes.reduce((sum, tokens) => sum + tokens, 0);
}

interface Pace {
  readonly messageTokens?: number;
  readonly answerTokens?: number;
  readonly gapMs?: number;
}

/** What stands in for words that nobody has said yet; its length is told beside it. */
const PRETENDED = 'And so on. '.repeat(500);

function startFrom({ ask, cache }: CompactionInputs, messages: readonly Message[]): Growing {
  const asked = ask(messages);
  return { messages, asked, sizes: cache.sizes.of(asked) };
}

/** The history begins with the summary; behind it stands what is known. */
function startCompacted(
  inputs: CompactionInputs,
  [summary, ...rest]: readonly Message[],
  summaryTokens: number,
): Growing {
  const start = startFrom(inputs, []);
  const summed = summary ? goOnWith(inputs, start, [summary], summaryTokens) : start;
  return goOnWith(inputs, summed, rest);
}

/** The conversation with messages more, of so many tokens together, or of as many as is known or their bytes let expect. */
function goOnWith(
  { ask, cache }: CompactionInputs,
  growing: Growing,
  more: readonly Message[],
  tokens?: number,
): Growing {
  const messages = [...growing.messages, ...more];
  const asked = ask(messages);
  const known = growing.sizes.length;
  const added = tokens === undefined ? cache.sizes.of(asked).slice(known) : shareOut(tokens, asked.blocks.slice(known));
  return { messages, asked, sizes: [...growing.sizes, ...added] };
}

function askAt(
  { cache, terms, now }: CompactionInputs,
  { asked, sizes }: Growing,
  state: BranchCache['state'],
  at: number,
  output: number,
): { readonly state: BranchCache['state']; readonly picoUsd: bigint | undefined } {
  const verdict = serveAt(state, cachedRequest(asked, sizes, cache), cache.rules, at);
  return { state: verdict.state, picoUsd: forecast(verdict, terms, { at: now, output }).picoUsd };
}

/** From the second turn on each adds the same; several tell the average where a vendor reads in steps. */
const TURNS_COMPARED = 4;

/** What the input of each of the next turns costs. */
function goOn(
  inputs: CompactionInputs,
  start: Growing,
  state: BranchCache['state'],
  { messageTokens = 50, answerTokens = 200, gapMs = 60_000 }: Pace,
): readonly (bigint | undefined)[] {
  const costs: (bigint | undefined)[] = [];
  let [growing, held] = [start, state];
  for (let turn = 1; turn <= TURNS_COMPARED; turn += 1) {
    if (turn > 1 || !awaitsModel(growing))
      growing = goOnWith(inputs, growing, [userMessage(`${turn}. ${PRETENDED}`)], messageTokens);
    const answered = askAt(inputs, growing, held, inputs.now + turn * gapMs, 0);
    costs.push(answered.picoUsd);
    held = answered.state;
    growing = goOnWith(inputs, growing, [pretendedAnswer(turn)], answerTokens);
  }
  return costs;
}

function awaitsModel({ messages }: Growing): boolean {
  return messages.length > 0 && messages.at(-1)?.role !== 'assistant';
}

function pretendedAnswer(turn: number): AssistantMessage {
  return { role: 'assistant', content: [{ type: 'text', text: `${turn}: ${PRETENDED}` }] };
}

/** What a turn of this branch has added on average, where two of them tell. */
function averagePace({ requests }: BranchCache): Pace {
  const growths: number[] = [];
  for (const [index, { hashes, tokens }] of requests.entries()) {
    const before = requests[index - 1];
    const isNext = before !== undefined && hashes[before.hashes.length - 1] === before.hashes.at(-1);
    const [now, then] = [promptTokenCount(tokens), before ? promptTokenCount(before.tokens) : 'not-reported'];
    if (isNext && now !== 'not-reported' && then !== 'not-reported') growths.push(now - then);
  }
  const outputs = requests.map(({ tokens }) => tokens.output).filter((output) => output !== 'not-reported');
  const answerTokens = outputs.length === 0 ? undefined : mean(outputs);
  const growth = growths.length === 0 ? undefined : mean(growths);
  return {
    ...(answerTokens === undefined ? {} : { answerTokens }),
    ...(growth === undefined ? {} : { messageTokens: Math.max(1, growth - (answerTokens ?? 0)) }),
  };
}

function mean(numbers: readonly number[]): number {
  return Math.round(numbers.reduce((sum, number) => sum + number, 0) / numbers.length);
}

function comparison(
  summary: bigint | undefined,
  whole: readonly (bigint | undefined)[],
  short: readonly (bigint | undefined)[],
): Pick<CompactionPlan, 'savingPerTurnPicoUsd' | 'breakEvenTurns'> {
  const savings = whole.map((cost, turn) => {
    const other = short[turn];
    return cost === undefined || other === undefined ? undefined : cost - other;
  });
  const known = savings.filter((saving) => saving !== undefined);
  if (summary === undefined || known.length < savings.length)
    return { savingPerTurnPicoUsd: undefined, breakEvenTurns: 'unknown' };
  const later = known.slice(1);
  const saving = later.reduce((sum, each) => sum + each, 0n) / BigInt(later.length);
  return { savingPerTurnPicoUsd: saving, breakEvenTurns: breakEven(summary, known, saving) };
}

/** The first turn after which the summary is paid for. */
function breakEven(summary: bigint, savings: readonly bigint[], later: bigint): number | 'never' {
  let owed = summary;
  for (const [turn, saving] of savings.entries()) {
    owed -= saving;
    if (owed <= 0n) return turn + 1;
  }
  return later <= 0n ? 'never' : savings.length + Number((owed + later - 1n) / later);
}
