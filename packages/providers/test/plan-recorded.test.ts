import { expect, it } from 'vitest';
import { anthropicPrefixBlocks } from '../src/anthropic/encode/prefix-blocks.ts';
import type { CacheMark } from '../src/cache/cache-model.ts';
import { chatPrefixBlocks } from '../src/cache/chat-prefix.ts';
import { type CacheRules, cacheRules } from '../src/cache/family-rules.ts';
import { type PrefixBlock, prefixHashes } from '../src/cache/prefix.ts';
import { asArray, asObject } from '../src/json.ts';
import { responsesPrefixBlocks } from '../src/openai/responses/prefix-blocks.ts';
import { describeWithCorpus, listRecordings, readRecording } from './support/corpus.ts';
import {
  account,
  END_KEEPING,
  expectNoBetter,
  markAt,
  OTHERS,
  PREMIUM,
  planned,
  type Requests,
} from './support/plan-cost.ts';

interface Family {
  readonly rules: CacheRules;
  readonly blocksOf: (body: unknown) => readonly PrefixBlock[];
  /** How many of its recorded conversations at least only grow. */
  readonly least: number;
}

const anthropic = cacheRules('anthropic', 'claude-sonnet-4-6');
const chat = cacheRules('openai-chat', 'gpt-6.1-sol');
const responses = cacheRules('openai-responses', 'gpt-6.1-sol');

/** What was recorded of models without marks is planned for as if it had gone to one that takes them. */
const FAMILIES: Readonly<Record<string, Family>> = {
  anthropic: { rules: anthropic, blocksOf: anthropicPrefixBlocks, least: 20 },
  'openai-chat': { rules: chat, blocksOf: (body) => chatPrefixBlocks(body, chat), least: 40 },
  'openai-responses': { rules: responses, blocksOf: responsesPrefixBlocks, least: 20 },
};

describeWithCorpus('a recorded conversation that only grows (N-06)', () => {
  it.each(Object.entries(FAMILIES))(
    'costs no less under any policy than under `auto`, but for its last writes: %s',
    (name, { rules, blocksOf, least }) => {
      const conversations = recordedConversations(name)
        .map((bodies) => bodies.map(blocksOf))
        .filter(onlyGrows);
      expect(conversations.length).toBeGreaterThanOrEqual(least);
      for (const requests of conversations) {
        const auto = account(requests, planned('auto', rules), rules, prefixHashes);
        for (const policy of [...END_KEEPING, ...OTHERS]) {
          const other = account(requests, planned(policy, rules), rules, prefixHashes);
          const slack = END_KEEPING.includes(policy) && endsWithUser(requests) ? 0 : PREMIUM * auto.lastWritten;
          expectNoBetter(other, auto, slack, JSON.stringify(policy));
        }
      }
    },
  );

  it('costs no less with the marks that its client had placed, but for the last writes', () => {
    const marked = recordedConversations('anthropic')
      .filter((bodies) => bodies.every((body) => marksOf(body).length > 0))
      .map((bodies) => new Map(bodies.map((body) => [anthropicPrefixBlocks(body), marksOf(body)])))
      .filter((marks) => onlyGrows([...marks.keys()]));
    expect(marked.length).toBeGreaterThanOrEqual(15);
    for (const marks of marked) {
      const requests = [...marks.keys()];
      const auto = account(requests, planned('auto', anthropic), anthropic, prefixHashes);
      const client = account(requests, (blocks) => marks.get(blocks) ?? [], anthropic, prefixHashes);
      expectNoBetter(client, auto, PREMIUM * auto.lastWritten);
    }
  });
});

/** The marks of a body as its client sent it; the vendor's own, for a flag at its top level, stands on the last block that takes one. */
function marksOf(body: unknown): readonly CacheMark[] {
  const fields = asObject(body) ?? {};
  const blocks = [
    ...asArray(fields['tools']),
    ...contentOf(fields['system']),
    ...asArray(fields['messages']).flatMap((message) => contentOf(asObject(message)?.['content'])),
  ];
  const marked = blocks.flatMap((block, index) => (isMarked(asObject(block)) ? [index] : []));
  const last = anthropicPrefixBlocks(body).findLastIndex(({ markable }) => markable);
  const places = isMarked(fields) ? [...new Set([...marked, last])] : marked;
  return places.map((index) => markAt(index, anthropic));
}

function contentOf(content: unknown): readonly unknown[] {
  return typeof content === 'string' ? [content] : asArray(content);
}

function isMarked(fields: Readonly<Record<string, unknown>> | undefined): boolean {
  return fields?.['cache_control'] !== undefined && fields['cache_control'] !== null;
}

/** The requests of each conversation of a family, in their order. */
function recordedConversations(family: string): readonly (readonly unknown[])[] {
  const entries = listRecordings({ family }).filter(({ group }) => group?.kind === 'growing-history');
  const byId = Map.groupBy(entries, ({ group }) => group?.id);
  return [...byId.values()].map((group) =>
    group
      .toSorted((one, other) => (one.group?.position ?? 0) - (other.group?.position ?? 0))
      .map((entry) => readRecording(entry).request),
  );
}

/** Whether each request begins with all of the one before it, to the byte. */
function onlyGrows(requests: Requests): boolean {
  return requests.every((blocks, index) => {
    const before = requests[index - 1];
    return !before || prefixHashes(blocks)[before.length - 1] === prefixHashes(before).at(-1);
  });
}

/** An answer that goes on after a pause ends a request, too, and policies that mark the user's messages leave it out. */
function endsWithUser(requests: Requests): boolean {
  return requests.every((blocks) => blocks.at(-1)?.role === 'user');
}
