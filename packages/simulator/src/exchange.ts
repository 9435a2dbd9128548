/**
 * One request after another, from its bytes to its answer, its cache and its place in the log.
 *
 * Owns: the caches, the log, names of responses, when a cache write can be seen.
 * Leaves to the dialects: the vendors' rules and wire formats. To `simulator.ts`: sockets.
 *
 * X1. A request is logged once, when its status is known; one that was refused or failed touches no cache.
 * X2. What a request writes can be read once its answer begins, not before: requests under way together do not see each other.
 * X3. Counts are those of the whole answer, whether or not the client stays to read it.
 */

import { createHash } from 'node:crypto';
import {
  asObject,
  type CacheRules,
  type CacheState,
  cacheHashes,
  cacheRules,
  parseExactJson,
  prefixHashes,
} from '@reprise/providers';
import { countAnswer, NO_ANSWER } from './count-answer.ts';
import { type Answer, type AnswerCounts, type Dialect, type Refusal, textOf } from './dialect.ts';
import { type Fault, type FaultTarget, faultOf } from './faults/faults.ts';
import { createPromptHistory } from './prompt-history.ts';
import { createRequestLog, type LoggedRequest } from './request-log.ts';
import { answerBlocks, replyParts } from './script/answer-blocks.ts';
import type { ReplyParts, Script } from './script/script.ts';
import { createBlockCounter } from './tokenize.ts';
import type { UsageProfile } from './usage-profile.ts';
import { createVendorCache, type VendorCache } from './vendor-cache.ts';

export interface Incoming {
  readonly dialect: Dialect;
  readonly headers: Headers;
  readonly bodyText: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Ends the connection in the midst of whatever it is saying. */
  readonly breakConnection: () => void;
  /** A reason found before the body was read. */
  readonly refusal?: Refusal;
}

type Outcome =
  | { readonly type: 'refused'; readonly requestId: string; readonly refusal: Refusal }
  | {
      readonly type: 'answered';
      readonly requestId: string;
      readonly answer: Answer;
      readonly isStreaming: boolean;
      readonly delayMs: number;
      /** What goes wrong on the way. */
      readonly faults: readonly Fault[];
    };

export interface Exchange {
  serve(incoming: Incoming): Promise<Outcome>;
  readonly requests: readonly LoggedRequest[];
  /** What each model's cache holds, by `family/model`, then by prefix hash. Dead entries stay a day, so that a miss can be explained. */
  readonly cache: ReadonlyMap<string, CacheState>;
  /** How many tokens a request's prompt is. Asks no script, touches no cache, and is not logged. */
  countTokens(incoming: Incoming): { readonly refusal: Refusal } | { readonly tokens: number };
  /** Forgets every request and every cache, and counts from 0 again. */
  reset(): void;
}

const NOTHING_SERVED: LoggedRequest['verdict'] = { fresh: 0, read: 0, written: {} };

export interface ExchangeOptions {
  readonly script: Script;
  readonly clock: () => number;
  readonly usageProfile: UsageProfile;
  /** How large the bodies of the log may be together. */
  readonly maxLogBytes: number;
  /** A fresh picker: faults that strike so many times strike again after a reset. */
  readonly createFaultPicker: () => (target: FaultTarget) => readonly Fault[];
  /** Told of each request once it is logged. */
  readonly onRequest?: ((request: LoggedRequest) => void) | undefined;
}

export function createExchange({
  script,
  clock,
  usageProfile,
  maxLogBytes,
  createFaultPicker,
  onRequest,
}: ExchangeOptions): Exchange {
  const requestLog = createRequestLog(maxLogBytes);
  const caches = new Map<string, VendorCache>();
  const states = new Map<string, CacheState>();
  const history = createPromptHistory();
  const countBlock = createBlockCounter();
  let pickFaults = createFaultPicker();
  let arrivals = 0;

  async function serve(incoming: Incoming): Promise<Outcome> {
    const received = { ...receive(incoming, clock()), index: arrivals };
    arrivals += 1;
    const faults = pickFaults(received);
    const request = { ...received, at: received.at + (faultOf(faults, 'clock-skew')?.ms ?? 0) };
    const refusal = faultyStatus(faults) ?? findRefusal(incoming, request.body);
    if (refusal) return refuse(request, refusal);
    try {
      return await answer(incoming.dialect, request, faults);
    } catch (error) {
      return refuse(request, { status: 500, message: error instanceof Error ? error.message : String(error) });
    }
  }

  function log(request: LoggedRequest): void {
    requestLog.add(request);
    onRequest?.(request);
  }

  function refuse(request: Received, refusal: Refusal): Outcome {
    const nothing = { prefixHashes: [], marks: [], verdict: NOTHING_SERVED, unread: [], usage: null };
    log({ ...request, ...nothing, status: refusal.status });
    return { type: 'refused', requestId: requestIdOf(request), refusal };
  }

  async function answer(dialect: Dialect, request: Received, faults: readonly Fault[]): Promise<Outcome> {
    const { index, at, model, body } = request;
    const { isStreaming, isPrewarm = false, ...conversation } = dialect.conversation(body);
    const prompt = matchPrompt(dialect, request, faults);
    const reply = isPrewarm
      ? SILENCE
      : replyParts(await script({ ...conversation, family: dialect.family, requestIndex: index }));

    const id = responseId(request);
    const blocks = answerBlocks(reply, (callIndex) => callId(id, callIndex));
    const counts: AnswerCounts = { prompt: prompt.verdict, ...(isPrewarm ? NO_ANSWER : countAnswer(blocks)) };
    const hasCalls = blocks.some((block) => block.type === 'tool-call');
    const stopReason = reply.stopReason ?? (hasCalls ? 'tool-use' : 'end-turn');
    const comparedId = dialect.comparedWith?.(body);
    const comparison = comparedId === undefined ? undefined : history.compare(comparedId, prompt.record);
    prompt.keep();
    history.add(`${dialect.idPrefix}${id}`, prompt.record);
    const { prefixHashes, marks, verdict, unread } = prompt;
    log({
      ...request,
      prefixHashes,
      marks,
      verdict,
      unread,
      status: 200,
      usage: dialect.usage({ model, counts, usageProfile }),
    });
    const { refusalCategory = null, chunkCharacters } = reply;
    const said = { blocks, stopReason, refusalCategory, chunkCharacters, counts, usageProfile };
    return {
      type: 'answered',
      requestId: requestIdOf(request),
      answer: { id, model, at, ...said, request: body, prefixHash: prompt.prefixHash, comparison },
      isStreaming,
      delayMs: reply.delayMs ?? 0,
      faults,
    };
  }

  /** What the cache makes of a prompt as of now; `keep` lets its writes be seen (X2). */
  function matchPrompt(dialect: Dialect, { body, bodyText, model, at }: Received, faults: readonly Fault[]) {
    const blocks = dialect.prefixBlocks(exactBody(body, bodyText));
    const settings = dialect.parameters(body);
    const hashes = cacheHashes(blocks, settings);
    const plainHashes = prefixHashes(blocks);
    const marks = dialect.marks(body);
    const sized = blocks.map(({ role, kind, text }, index) => ({
      role,
      kind,
      hash: hashes[index] ?? '',
      tokens: countBlock(text),
    }));
    const key = `${dialect.family}/${model}`;
    const rules = cacheRules(dialect.family, model);
    const isMiss = faultOf(faults, 'replica-miss') !== undefined;
    const request = { blocks: sized, marks, at, keepAlive: asObject(body)?.['keep_alive'] };
    const asked = isMiss ? createVendorCache(rules) : caches.get(key);
    const { fresh, read, written, reasons } = (asked ?? createVendorCache(rules)).look(request);
    return {
      prefixHashes: hashes,
      prefixHash: plainHashes.at(-1) ?? '',
      record: {
        model,
        settings,
        blocks: sized.map(({ role, tokens }, index) => ({ role, tokens, hash: plainHashes[index] ?? '' })),
      },
      marks,
      verdict: { fresh, read, written },
      unread: reasons,
      keep: () => cacheOf(key, rules).keep(request),
    };
  }

  function cacheOf(key: string, rules: CacheRules): VendorCache {
    const existing = caches.get(key);
    if (existing) return existing;
    const created = createVendorCache(rules);
    caches.set(key, created);
    states.set(key, created.state);
    return created;
  }

  function countTokens(incoming: Incoming): { readonly refusal: Refusal } | { readonly tokens: number } {
    const { dialect, bodyText } = incoming;
    const { body } = receive(incoming, clock());
    const refusal = findRefusal(incoming, body);
    if (refusal) return { refusal };
    const blocks = dialect.prefixBlocks(exactBody(body, bodyText));
    return { tokens: blocks.reduce((sum, { text }) => sum + countBlock(text), 0) };
  }

  function reset(): void {
    requestLog.clear();
    caches.clear();
    states.clear();
    history.clear();
    arrivals = 0;
    pickFaults = createFaultPicker();
  }

  return { serve, countTokens, reset, requests: requestLog.requests, cache: states };
}

type Received = Pick<LoggedRequest, 'index' | 'at' | 'family' | 'model' | 'body' | 'bodyText'>;

function receive({ dialect, bodyText }: Incoming, at: number): Omit<Received, 'index'> {
  const body = parseJson(bodyText);
  return { at, family: dialect.family, model: textOf(asObject(body)?.['model']), body, bodyText };
}

function findRefusal({ dialect, headers, refusal }: Incoming, body: unknown): Refusal | undefined {
  const early = refusal ?? dialect.refuseCaller(headers);
  if (early) return early;
  if (body === undefined) return { status: 400, message: 'We could not parse the JSON body of your request.' };
  return dialect.refuseBody(body, headers);
}

function faultyStatus(faults: readonly Fault[]): Refusal | undefined {
  const fault = faultOf(faults, 'status');
  if (!fault) return undefined;
  const { type: _type, message = `The vendor fails with status ${fault.status}, as it was told to.`, ...rest } = fault;
  return { ...rest, message };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body with its numbers as they were written, so that one rewritten on its way through a client is another prefix. */
function exactBody(body: unknown, bodyText: string): unknown {
  return JSON.stringify(body) === bodyText ? body : parseExactJson(bodyText);
}

/** What is said to a request that wants nothing said. */
const SILENCE: ReplyParts = { stopReason: 'max-tokens' };

/**
 * The name of a response. A client counts a response once by it, so two different ones must never share it, not even across servers
 * that were started one after the other: it is derived from what was asked, when, and how many requests came before. The same
 * requests at the same times (a virtual clock) give the same names, so a run can be repeated to the byte.
 */
function responseId({ index, at, family, bodyText }: Received): string {
  return createHash('sha256').update(`${index}\n${at}\n${family}\n`).update(bodyText).digest('hex').slice(0, 24);
}

/** What a vendor calls a request in a header of its answer, errors included. */
function requestIdOf(request: Received): string {
  return `req_${responseId(request)}`;
}

function callId(answerId: string, callIndex: number): string {
  return `call_${createHash('sha256').update(`${answerId}\n${callIndex}`).digest('hex').slice(0, 24)}`;
}
