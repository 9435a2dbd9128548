import { describe, expect, test } from 'vitest';
import { type CacheMark, EMPTY_CACHE } from '../src/cache/cache-model.ts';
import { type CacheRules, cacheRules } from '../src/cache/family-rules.ts';
import { type PrefixBlock, prefixHashes } from '../src/cache/prefix.ts';
import {
  account,
  END_KEEPING,
  expectNoBetter,
  FRESH,
  type MarksOf,
  markAt,
  OTHERS,
  PREMIUM,
  planned,
  type Requests,
  serve,
  WRITE,
} from './support/plan-cost.ts';
import { type Random, seededRandom } from './support/random.ts';
import { type LooseBlock, looseBlock, requestBlocks } from './support/request-blocks.ts';

const anthropic = cacheRules('anthropic', 'claude-sonnet-4-6');
const openai = cacheRules('openai-responses', 'gpt-6.1-sol');

const DIALECTS = [
  ['anthropic', anthropic],
  ['openai', openai],
] as const;

describe.each(DIALECTS)('P5: a conversation that only grows: %s (N-06, P-02)', (dialect, family) => {
  test('no sequence of legal plans is cheaper than `auto` without the premium of its last writes, on any small one', () => {
    const random = seededRandom(5);
    for (let run = 0; run < 60; run += 1) {
      const requests = smallConversation(random, dialect);
      // Small limits, so that a few blocks are many.
      const reach = 1 + random.upTo(2);
      const lookbackPositions = dialect === 'anthropic' ? reach : 1;
      const rules = { ...family, minimumTokens: random.upTo(9), lookbackPositions, vendorLookbackPositions: reach };
      const auto = account(requests, planned('auto', rules), rules);
      const best = bestOfAllPlans(requests, rules);
      expect(best.cost).toBe(auto.cost - PREMIUM * auto.lastWritten);
      expect(auto.reads).toEqual(best.reads);
    }
  }, 30_000);

  test('no policy reads more in any request, none is cheaper beyond the last writes, and none that keeps the end is cheaper', () => {
    const random = seededRandom(6);
    for (let run = 0; run < 300; run += 1) {
      const requests = longConversation(random, dialect);
      const auto = account(requests, planned('auto', family), family);
      expect(auto.reads.at(-1)).toBeGreaterThan(0);
      for (const policy of [...END_KEEPING, ...OTHERS]) {
        const other = account(requests, planned(policy, family), family);
        const slack = END_KEEPING.includes(policy) ? 0 : PREMIUM * auto.lastWritten;
        expectNoBetter(other, auto, slack, JSON.stringify(policy));
      }
      const anyMarks: MarksOf = (blocks) =>
        Array.from({ length: 4 }, () => markAt(random.upTo(blocks.length - 1), family));
      const other = account(
        requests,
        (blocks) => anyMarks(blocks).filter(({ blockIndex }) => blocks[blockIndex]?.markable),
        family,
      );
      expect(other.cost).toBeGreaterThanOrEqual(auto.cost - PREMIUM * auto.lastWritten);
    }
  });

  test('the bound is met: a single request is cheapest without marks, by a quarter of what `auto` writes', () => {
    const once = [requestBlocks([looseBlock('system', 'x'.repeat(4000))], [[looseBlock('user', 'x'.repeat(1000))]])];
    expect(account(once, planned('auto', family), family).cost).toBe(5000 * WRITE);
    expect(account(once, planned('none', family), family).cost).toBe(5000 * FRESH);
    const partly = account(once, planned('system_and_tools', family), family);
    expect(partly.cost).toBe(4000 * WRITE + 1000 * FRESH);
  });
});

test('a changed system prompt leaves `auto` the tools, as it leaves them to `tools_only`', () => {
  const tools = looseBlock('tool', 'x'.repeat(2000), 'tool');
  const asked = (system: string) =>
    requestBlocks([tools, looseBlock('system', system)], [[looseBlock('user', 'question')]]);
  const days = ['Monday', 'Tuesday'].map(asked);
  for (const policy of ['auto', 'tools_only'] as const) {
    const { reads } = account(days, planned(policy, anthropic), anthropic, prefixHashes);
    expect(reads).toEqual([0, 2000]);
  }
});

test.each(DIALECTS)(
  'P3: a policy of one mark finds the entry before it, however much a turn adds: %s (P-07)',
  (dialect, rules) => {
    const random = seededRandom(7);
    for (let run = 0; run < 200; run += 1) {
      const requests = longConversation(random, dialect);
      for (const policy of ['last_user_message', 'automatic', { breakpoints: ['last'] }] as const) {
        // OpenAI's own mark looks at some twenty earlier ends only.
        if (policy === 'automatic' && dialect === 'openai') continue;
        const { reads, totals } = account(requests, planned(policy, rules), rules);
        expect(reads.slice(1)).toEqual(totals.slice(0, -1));
      }
    }
  },
);

/** The least cost of all sequences of legal plans, and the most that any of them reads in each request. */
function bestOfAllPlans(requests: Requests, rules: CacheRules) {
  let reached = new Map([['', { state: EMPTY_CACHE, cost: 0 }]]);
  const reads: number[] = [];
  for (const blocks of requests) {
    const next: typeof reached = new Map();
    let mostRead = 0;
    for (const before of reached.values()) {
      for (const marked of legalPlans(blocks, rules)) {
        const { state, read, cost } = serve(before.state, blocks, marked, rules);
        mostRead = Math.max(mostRead, read);
        const name = [...state.keys()].sort().join();
        const total = before.cost + cost;
        if (total < (next.get(name)?.cost ?? Number.POSITIVE_INFINITY)) next.set(name, { state, cost: total });
      }
    }
    reached = next;
    reads.push(mostRead);
  }
  return { cost: Math.min(...[...reached.values()].map(({ cost }) => cost)), reads };
}

function legalPlans(blocks: readonly PrefixBlock[], rules: CacheRules): readonly (readonly CacheMark[])[] {
  const subsets = (most: number) => {
    let plans: readonly (readonly CacheMark[])[] = [[]];
    for (const [at, { markable }] of blocks.entries()) {
      if (!markable) continue;
      plans = [...plans, ...plans.filter(({ length }) => length < most).map((plan) => [...plan, markAt(at, rules)])];
    }
    return plans;
  };
  if (rules.dialect === 'anthropic') return subsets(rules.maxMarks);
  const implicit = { ...markAt(blocks.length - 1, rules), isVendorPlaced: true as const };
  return [...subsets(rules.maxMarks), ...subsets(rules.maxMarks - 1).map((plan) => [...plan, implicit])];
}

type Dialect = (typeof DIALECTS)[number][0];

/** As a dialect has it: OpenAI's marks stand on nothing that the model made, and on no tool. */
function markableIn(dialect: Dialect, block: LooseBlock): LooseBlock {
  const isInput = block.role === 'user' || block.role === 'system';
  return dialect === 'anthropic' ? block : { ...block, markable: isInput };
}

/** Two or three requests of few blocks, of one to five tokens each. */
function smallConversation(random: Random, dialect: Dialect): Requests {
  const block = (role: PrefixBlock['role'], kind: string) =>
    markableIn(dialect, looseBlock(role, 'x'.repeat(1 + random.upTo(4)), kind));
  return conversation(random, {
    stable: [block('tool', 'tool'), block('system', 'text')].slice(random.upTo(2)),
    requestCount: 2 + random.upTo(1),
    answer: () =>
      [block('assistant', random.pick(['thinking', 'text'])), block('assistant', 'tool_use')].slice(random.upTo(1)),
    next: () => [block('user', 'tool_result'), block('user', 'text')].slice(random.upTo(1)),
  });
}

/** Requests that begin above the minimum; a turn may add far more than a lookback covers. */
function longConversation(random: Random, dialect: Dialect): Requests {
  const block = (role: PrefixBlock['role'], kind: string) =>
    markableIn(dialect, looseBlock(role, 'x'.repeat(1 + random.upTo(400)), kind));
  const some = <Kind extends string>(role: PrefixBlock['role'], kinds: readonly [Kind, ...Kind[]]) =>
    Array.from({ length: random.upTo(30) }, () => block(role, random.pick(kinds)));
  return conversation(random, {
    stable: [
      markableIn(dialect, looseBlock('tool', 'x'.repeat(random.upTo(1500)), 'tool')),
      looseBlock('system', 'x'.repeat(1024)),
    ],
    requestCount: 2 + random.upTo(4),
    answer: () => [...some('assistant', ['thinking', 'text', 'tool_use']), block('assistant', 'text')],
    next: () => [...some('user', ['text', 'tool_result', 'image']), block('user', 'text')],
  });
}

interface ConversationParts {
  readonly stable: readonly LooseBlock[];
  readonly requestCount: number;
  answer(): readonly LooseBlock[];
  next(): readonly LooseBlock[];
}

function conversation(random: Random, { stable, requestCount, answer, next }: ConversationParts): Requests {
  const messages = [next()];
  const requests = [requestBlocks(stable, messages)];
  while (requests.length < requestCount) {
    messages.push(answer(), next());
    // Two messages of ours that stand together: results, and what was said after them.
    if (random.upTo(3) === 0) messages.push(next());
    requests.push(requestBlocks(stable, messages));
  }
  return requests;
}
