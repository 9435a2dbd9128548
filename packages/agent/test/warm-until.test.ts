// Row N-13, at the level of the cache model: until when prefixes live, what the next message costs, and whether to keep them alive.

import {
  anthropic,
  type CachePolicy,
  type CacheRules,
  type CacheState,
  cacheRules,
  EMPTY_CACHE,
  type Message,
  type Model,
  openai,
  priceTurn,
  serveFromCache,
  tokenCounts,
  userMessage,
} from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedRequest } from '../src/context/asked-request.ts';
import { type AskedRequest, replayBranch, type SentRequest } from '../src/context/branch-cache.ts';
import { type WarmthInputs, type WarmUntilOptions, warmUntil } from '../src/context/warm-until.ts';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 10, 1);

/** Model, policy, and how long the gaps are that matter to it. */
const VENDORS: readonly (readonly [string, Model, CachePolicy])[] = [
  ['anthropic, 5 minutes', anthropic({ apiKey: 'none' }).model('claude-opus-5'), 'auto'],
  [
    'anthropic, an hour for the system prompt',
    anthropic({ apiKey: 'none' }).model('claude-sonnet-5'),
    { breakpoints: [{ at: 'system', ttl: '1h' }, 'last'] },
  ],
  [
    'anthropic, an hour for all',
    anthropic({ apiKey: 'none' }).model('claude-opus-5'),
    { breakpoints: ['system', 'last'], ttl: '1h' },
  ],
  ['openai, 30 minutes', openai({ apiKey: 'none', baseURL: 'https://api.openai.com/v1' }).model('gpt-5.6'), 'auto'],
  ['openai, in steps', openai({ apiKey: 'none' }).model('gpt-5.2'), 'auto'],
];

/** A tokenizer of its own, which nobody but the vendor knows. */
function vendorTokens(text: string): number {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) sum += text.charCodeAt(at) % 7;
  return Math.ceil(sum / 12);
}

interface Vendor {
  readonly model: Model;
  readonly rules: CacheRules;
  state: CacheState;
}

/** What a vendor makes of a request, with counts as it reports them. */
function serve(vendor: Vendor, { blocks, hashes, marks }: AskedRequest, at: number, output: number) {
  const sized = blocks.map(({ kind, text }, index) => ({
    kind,
    hash: hashes[index] ?? '',
    tokens: vendorTokens(text),
  }));
  const verdict = serveFromCache(vendor.state, { blocks: sized, marks, at }, vendor.rules);
  vendor.state = verdict.state;
  const { fresh, read, written } = verdict;
  // What is marked is reported by lifetime, nothing as nothing.
  const lifetimes = vendor.rules.dialect === 'none' ? [] : vendor.rules.lifetimes;
  const cacheWrite = { ...Object.fromEntries(lifetimes.map((lifetime) => [lifetime, 0])), ...written };
  const tokens = tokenCounts({ fresh, cacheRead: read, cacheWrite, output });
  return {
    tokens,
    picoUsd: priceTurn(tokens, { family: vendor.model.family, model: vendor.model.id, at }).picoUsd ?? 0n,
  };
}

/** A conversation with such gaps between its turns, its words and its last request. */
function converse(
  [, model, cache]: (typeof VENDORS)[number],
  { systemWords, turns }: { readonly systemWords: number; readonly turns: readonly (readonly [number, number])[] },
) {
  const vendor: Vendor = { model, rules: cacheRules(model.family, model.id), state: EMPTY_CACHE };
  const frame = { model, tools: [], requestOptions: { cache, system: 'be kind '.repeat(systemWords) } };
  const ask = (messages: readonly Message[]) => askedRequest(frame, messages);
  const requests: SentRequest[] = [];
  let messages: readonly Message[] = [];
  let at = START;
  for (const [index, [gapMs, words]] of turns.entries()) {
    at += gapMs;
    messages = [...messages, userMessage(`${index} ${'tell me '.repeat(words)}`)];
    const asked = ask(messages);
    requests.push({ ...asked, at, isWhole: true, tokens: serve(vendor, asked, at, words + 1).tokens });
    messages = [
      ...messages,
      { role: 'assistant', content: [{ type: 'text', text: `${index}: ${'so it is '.repeat(words)}` }] },
    ];
  }
  const next = ask([...messages, userMessage('and '.repeat(30))]);
  const known = requests.at(-1)?.blocks.length ?? 0;
  const addedTokens = next.blocks.slice(known).reduce((sum, { text }) => sum + vendorTokens(text), 0);
  const cached = replayBranch(requests, vendor.rules);
  const inputs = (now: number): WarmthInputs => ({
    cache: cached,
    next,
    now,
    terms: { family: model.family, model: model.id, billing: {} },
  });
  return { vendor, next, addedTokens, inputs, lastAt: at, last: requests.at(-1) };
}

const vendors = fc.constantFrom(...VENDORS);
const gaps = fc.oneof(fc.integer({ min: 0, max: 12 * MINUTE_MS }), fc.integer({ min: 0, max: 100 * MINUTE_MS }));
const conversations = fc.record({
  systemWords: fc.integer({ min: 0, max: 3000 }),
  turns: fc.array(fc.tuple(gaps, fc.integer({ min: 1, max: 600 })), { minLength: 1, maxLength: 6 }),
});

describe('the price of the next message (N-13)', () => {
  it('is what the vendor charges, whenever it is sent: 10 000 random gaps', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        vendors,
        conversations,
        fc.array(gaps, { minLength: 50, maxLength: 50 }),
        (of, conversation, later) => {
          const { vendor, next, addedTokens, inputs, lastAt } = converse(of, conversation);
          for (const gapMs of later) {
            const now = lastAt + gapMs;
            const told = warmUntil(inputs(now), { addedTokens }).nextMessage.now;
            const charged = serve({ ...vendor }, next, now, 0);
            expect(told.picoUsd).toBe(charged.picoUsd);
            expect(told.cacheRead).toBe(charged.tokens.cacheRead);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is between that of a warm and that of a cold one, which are what is charged then', () => {
    fc.assert(
      fc.property(vendors, conversations, gaps, (of, conversation, gapMs) => {
        const { vendor, next, addedTokens, inputs, lastAt } = converse(of, conversation);
        const { warm, cold } = warmUntil(inputs(lastAt + gapMs), { addedTokens }).nextMessage;
        expect(warm.picoUsd).toBe(serve({ ...vendor }, next, lastAt, 0).picoUsd);
        expect(cold.picoUsd).toBe(serve({ ...vendor, state: EMPTY_CACHE }, next, lastAt, 0).picoUsd);
        expect(warm.cacheRead).toBeGreaterThanOrEqual(cold.cacheRead);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a request with another tool choice', () => {
  it('leaves nothing of its messages to the next one, where the vendor minds, and all of its system prompt', () => {
    const [vendor] = VENDORS;
    if (!vendor) throw new Error('no vendor');
    const made = converse(vendor, { systemWords: 3000, turns: [[0, 500]] });
    const { next, terms, now } = made.inputs(made.lastAt);
    const told = (settings: string) => {
      const sent = made.last ? [{ ...made.last, settings }] : [];
      return warmUntil({ cache: replayBranch(sent, made.vendor.rules), next, terms, now }).nextMessage.now.cacheRead;
    };
    const [same, other] = [told(next.settings), told('{"toolChoice":"none"}')];
    expect(other).toBeGreaterThan(1000);
    expect(other).toBeLessThan(same);
  });
});

describe('a breakpoint (N-13)', () => {
  it('is held until the moment that is told, and not a millisecond longer', () => {
    fc.assert(
      fc.property(vendors, conversations, (of, conversation) => {
        const { vendor, inputs, lastAt, last } = converse(of, conversation);
        for (const { assumedUntil, tokens } of warmUntil(inputs(lastAt)).breakpoints) {
          if (assumedUntil === undefined || !last) continue;
          const readAt = (at: number) => Number(serve({ ...vendor }, last, at, 0).tokens.cacheRead);
          const { stepTokens, minimumTokens } = vendor.rules;
          const isKept = Math.floor(tokens / stepTokens) * stepTokens >= minimumTokens;
          if (isKept) expect(readAt(assumedUntil)).toBeLessThan(readAt(assumedUntil - 1));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('has the lifetime that was asked for it, and its own end', () => {
    const [, hourly] = VENDORS;
    if (!hourly) throw new Error('no vendor');
    const { inputs, lastAt, last } = converse(hourly, {
      systemWords: 3000,
      turns: [
        [0, 100],
        [MINUTE_MS, 100],
      ],
    });
    const { breakpoints } = warmUntil(inputs(lastAt + 20_000));
    expect(breakpoints).toMatchObject([
      { place: 'system[0]', lifetime: '1h', expiresAt: lastAt + 60 * MINUTE_MS },
      { place: 'messages[2].content[0]', lifetime: '5m', expiresAt: lastAt + 5 * MINUTE_MS },
    ]);
    expect(breakpoints.at(-1)?.tokens).toBe(last?.blocks.reduce((sum, { text }) => sum + vendorTokens(text), 0));
  });

  it('expires at nobody knows when, where the vendor does not say, and is assumed to (I11)', () => {
    const unmarked = VENDORS.at(-1);
    if (!unmarked) throw new Error('no vendor');
    const { inputs, lastAt } = converse(unmarked, { systemWords: 3000, turns: [[0, 100]] });
    expect(warmUntil(inputs(lastAt)).breakpoints).toMatchObject([
      { lifetime: 'unknown', expiresAt: 'not-told', assumedUntil: lastAt + 5 * MINUTE_MS },
    ]);
  });

  it('below the minimum is not kept', () => {
    const [short] = VENDORS;
    if (!short) throw new Error('no vendor');
    const { inputs, lastAt } = converse(short, { systemWords: 100, turns: [[0, 20]] });
    const { breakpoints, keepAlive } = warmUntil(inputs(lastAt));
    for (const each of breakpoints) expect(each).toMatchObject({ expiresAt: 'not-kept', assumedUntil: undefined });
    expect(keepAlive.pays).toBe(false);
  });

  it('is not there before the first request', () => {
    const [first] = VENDORS;
    if (!first) throw new Error('no vendor');
    const { inputs } = converse(first, { systemWords: 3000, turns: [] });
    expect(warmUntil(inputs(START))).toMatchObject({ breakpoints: [], keepAlive: { pays: false, boundPicoUsd: 0n } });
  });
});

/** What the next message costs at `arrival`, and what was paid before it, for somebody who refreshes as advised. */
function follow(made: ReturnType<typeof converse>, now: number, arrival: number, options: WarmUntilOptions) {
  const { vendor, next, last } = made;
  const { keepAlive } = warmUntil(made.inputs(now), { ...options, addedTokens: made.addedTokens });
  const { pays, firstAt = 0, everyMs, refreshes, boundPicoUsd } = keepAlive;
  const kept = { ...vendor };
  let paid = 0n;
  for (let count = 0; pays && last && count < refreshes && firstAt + count * everyMs < arrival; count += 1) {
    paid += serve(kept, last, firstAt + count * everyMs, 1).picoUsd;
  }
  return { followed: paid + serve(kept, next, arrival, 0).picoUsd, boundPicoUsd, pays };
}

/** When advice is asked for, when a message is expected, and when it comes. */
const moments = fc.array(
  fc.record({
    idleMs: fc.integer({ min: 0, max: 6 * MINUTE_MS }),
    gapMs: fc.integer({ min: 0, max: 300 * MINUTE_MS }),
    expectedGapMs: fc.option(fc.integer({ min: 0, max: 200 * MINUTE_MS }), { nil: undefined }),
  }),
  { minLength: 10, maxLength: 10 },
);

describe('the advice to keep a prefix alive (N-13)', () => {
  it('never loses more than its bound against doing nothing, whatever was expected', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(vendors, conversations, moments, (of, conversation, asked) => {
        const made = converse(of, conversation);
        for (const { idleMs, gapMs, expectedGapMs } of asked) {
          const now = made.lastAt + idleMs;
          const options = expectedGapMs === undefined ? {} : { expectedGapMs };
          const { followed, boundPicoUsd } = follow(made, now, now + gapMs, options);
          const nothing = serve({ ...made.vendor }, made.next, now + gapMs, 0).picoUsd;
          expect(followed - nothing).toBeLessThanOrEqual(boundPicoUsd);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is no loss at all where the message comes when it was expected', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(vendors, conversations, moments, (of, conversation, asked) => {
        const made = converse(of, conversation);
        for (const { idleMs, gapMs } of asked) {
          const now = made.lastAt + idleMs;
          const { followed, pays } = follow(made, now, now + gapMs, { expectedGapMs: gapMs });
          const nothing = serve({ ...made.vendor }, made.next, now + gapMs, 0).picoUsd;
          if (pays) expect(followed).toBeLessThanOrEqual(nothing);
          else expect(followed).toBe(nothing);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is to let go of what a refresh cannot save: nothing expected within its life, or too far away', () => {
    const [vendor] = VENDORS;
    if (!vendor) throw new Error('no vendor');
    const made = converse(vendor, { systemWords: 3000, turns: [[0, 100]] });
    const advise = (expectedGapMs: number) => warmUntil(made.inputs(made.lastAt), { expectedGapMs }).keepAlive;
    expect(advise(4 * MINUTE_MS)).toMatchObject({ pays: false, boundPicoUsd: 0n });
    expect(advise(8 * MINUTE_MS)).toMatchObject({ pays: true, refreshes: 1, firstAt: made.lastAt + 4.5 * MINUTE_MS });
    expect(advise(16 * MINUTE_MS)).toMatchObject({ pays: true, refreshes: 3 });
    expect(advise(16 * 60 * MINUTE_MS)).toMatchObject({ pays: false });
  });

  it('buys no more refreshes than a cold message would cost, where nobody knows when one comes', () => {
    const [vendor] = VENDORS;
    if (!vendor) throw new Error('no vendor');
    const made = converse(vendor, { systemWords: 3000, turns: [[0, 100]] });
    const { keepAlive, nextMessage } = warmUntil(made.inputs(made.lastAt), { addedTokens: made.addedTokens });
    expect(keepAlive.pays).toBe(true);
    expect(keepAlive.boundPicoUsd).toBe(BigInt(keepAlive.refreshes) * (keepAlive.costPerRefreshPicoUsd ?? 0n));
    expect(keepAlive.boundPicoUsd).toBeLessThanOrEqual(
      (nextMessage.cold.picoUsd ?? 0n) - (nextMessage.warm.picoUsd ?? 0n),
    );
  });
});
