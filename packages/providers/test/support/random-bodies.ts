import type { MessagesBody, WireBlock } from '../../src/anthropic/wire.ts';
import type { CachePolicy } from '../../src/cache/plan-breakpoints.ts';
import type { MarkLifetime } from '../../src/cache/policy.ts';
import type { JsonObject } from '../../src/json.ts';
import type { ChatBody } from '../../src/openai/chat/encode-request.ts';
import type { ResponsesBody } from '../../src/openai/responses/encode-request.ts';
import type { Random } from './random.ts';

const NAMED = [
  'auto',
  'automatic',
  'system_and_tools',
  'tools_only',
  'last_user_message',
  'last_2_user_messages',
  'last_3_user_messages',
] as const;

/** Any policy but `none`; lifetimes are among those given. */
export function randomPolicy(random: Random, lifetimes: readonly [MarkLifetime, ...MarkLifetime[]]): CachePolicy {
  if (random.upTo(2) > 0) return random.pick(NAMED);
  const breakpoints = Array.from({ length: random.upTo(7) }, () => {
    const at = random.upTo(2) === 0 ? random.pick(['system', 'tools', 'last'] as const) : random.upTo(12) - 6;
    return random.upTo(3) === 0 ? { at, ttl: random.pick(lifetimes) } : at;
  });
  return random.upTo(1) === 0 ? { breakpoints } : { breakpoints, ttl: random.pick(lifetimes) };
}

const USER_KINDS = ['text', 'text', 'tool_result', 'image'] as const;
const ASSISTANT_KINDS = ['text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use'] as const;

export function randomMessagesBody(random: Random): MessagesBody {
  const tools = Array.from({ length: random.upTo(3) }, (_, index) => ({
    name: `tool-${index}`,
    description: randomText(random),
    input_schema: {},
  }));
  const system = randomBlocks(random, ['text'], 2);
  return {
    model: 'claude-sonnet-4-6',
    max_tokens: 1,
    ...(tools.length > 0 ? { tools } : {}),
    ...(system.length > 0 ? { system } : {}),
    messages: Array.from({ length: 1 + random.upTo(6) }, (_, index) => {
      const isUser = index % 2 === 0 || random.upTo(9) === 0;
      const maxCount = random.upTo(7) === 0 ? 30 : 3;
      return {
        role: isUser ? 'user' : 'assistant',
        content: randomBlocks(random, isUser ? USER_KINDS : ASSISTANT_KINDS, maxCount),
      };
    }),
  };
}

function randomBlocks(random: Random, kinds: readonly [string, ...string[]], maxCount: number): readonly WireBlock[] {
  return Array.from({ length: random.upTo(maxCount) }, () => ({ type: random.pick(kinds), text: randomText(random) }));
}

export function randomChatBody(random: Random): ChatBody {
  const tools = randomTools(random);
  const system = random.upTo(2) === 0 ? [] : [{ role: 'system' as const, content: randomText(random) }];
  return {
    model: 'gpt-6',
    ...(tools.length > 0 ? { tools } : {}),
    messages: [...system, ...Array.from({ length: 1 + random.upTo(6) }, () => randomChatMessages(random)).flat()],
    stream: true,
  };
}

function randomChatMessages(random: Random): readonly JsonObject[] {
  switch (random.upTo(3)) {
    case 0:
      return [{ role: 'user', content: randomText(random) }];
    case 1:
      return [{ role: 'user', content: randomParts(random, ['text', 'image_url', 'input_audio', 'file']) }];
    case 2:
      return [{ role: 'assistant', content: randomText(random) }];
    default: {
      const ids = Array.from({ length: 1 + random.upTo(4) }, (_, index) => `call-${index}`);
      return [
        { role: 'assistant', content: null, tool_calls: ids.map((id) => ({ id, type: 'function' })) },
        ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: randomText(random) })),
      ];
    }
  }
}

export function randomResponsesBody(random: Random): ResponsesBody {
  const tools = randomTools(random);
  const system = random.upTo(2) === 0 ? [] : [{ role: 'system', content: randomParts(random, ['input_text']) }];
  return {
    model: 'gpt-6.1-sol',
    ...(tools.length > 0 ? { tools } : {}),
    input: [...system, ...Array.from({ length: 1 + random.upTo(6) }, () => randomItems(random)).flat()],
    stream: true,
  };
}

function randomItems(random: Random): readonly JsonObject[] {
  const kinds = ['input_text', 'input_text', 'input_image', 'input_file'] as const;
  if (random.upTo(1) === 0) return [{ role: 'user', content: randomParts(random, kinds) }];
  const answer = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: randomText(random) }] };
  if (random.upTo(1) === 0) return [{ type: 'reasoning', id: 'rs_1', encrypted_content: 'x' }, answer];
  const ids = Array.from({ length: 1 + random.upTo(4) }, (_, index) => `call-${index}`);
  return [
    ...ids.map((id) => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{}' })),
    ...ids.map((id) => ({
      type: 'function_call_output',
      call_id: id,
      output: random.upTo(1) === 0 ? randomText(random) : randomParts(random, kinds),
    })),
  ];
}

function randomTools(random: Random): readonly JsonObject[] {
  return Array.from({ length: random.upTo(3) }, (_, index) => ({
    type: 'function',
    name: `tool-${index}`,
    description: randomText(random),
  }));
}

function randomParts(random: Random, types: readonly [string, ...string[]]): readonly JsonObject[] {
  return Array.from({ length: random.upTo(3) }, () => ({ type: random.pick(types), text: randomText(random) }));
}

const TEXTS = ['', 'short', 'ö'.repeat(90), 'x'.repeat(300), 'x'.repeat(1200)] as const;

function randomText(random: Random): string {
  return random.pick(TEXTS);
}
