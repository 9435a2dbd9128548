import { describe, expect, it } from 'vitest';
import { checkAnthropicBody } from '../src/anthropic/check-request.ts';
import { type Message, type UserBlock, userMessage } from '../src/message.ts';
import type { ModelRequest } from '../src/request.ts';
import { exchange, hello } from './support/anthropic-exchange.ts';
import { describeWithCorpus, listRecordings, readRecording } from './support/corpus.ts';

const LOOK = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' } };
const SCHEMA = { type: 'object', properties: {}, additionalProperties: false };
const ANSWER: Message = { role: 'assistant', content: [{ type: 'text', text: 'The answer is' }] };

function thinking(fields: object): Pick<ModelRequest, 'vendorOptions'> {
  return { vendorOptions: { thinking: { ...fields } } };
}

describe('before anything is sent, a request is refused', () => {
  it.each<[string, string, ModelRequest, RegExp]>([
    [
      'a prefill (L-59)',
      'claude-opus-4-6',
      hello({ prefill: '{' }),
      /prefill is set, and claude-opus-4-6 takes none.*output/,
    ],
    ['a prefill (L-59)', 'claude-haiku-5-5', hello({ prefill: '{' }), /prefill/],
    [
      'a prefill beside thinking',
      'claude-haiku-4-5',
      hello({ prefill: '{', think: 'low' }),
      /prefill is set while.*'off'/,
    ],
    [
      'a prefill beside thinking of vendorOptions',
      'claude-haiku-4-5',
      hello({ prefill: '{', ...thinking({ type: 'enabled', budget_tokens: 1024 }) }),
      /prefill is set while/,
    ],
    ['a prefill beside an output', 'claude-opus-4-5', hello({ prefill: '{', output: SCHEMA }), /prefill and output/],
    [
      'an assistant’s text at the end',
      'claude-opus-5',
      { messages: [userMessage('hi'), ANSWER] },
      /ends with an assistant's text.*add a user message/,
    ],
    [
      'a forced tool',
      'claude-opus-5-5',
      hello({ tools: [LOOK], toolChoice: 'required' }),
      /toolChoice forces a tool, which claude-opus-5-5 refuses.*'auto'.*output/,
    ],
    ['a forced tool', 'claude-sonnet-5-5', hello({ tools: [LOOK], toolChoice: { tool: 'look' } }), /forces a tool/],
    ['a forced tool', 'claude-fable-5-1', hello({ tools: [LOOK], toolChoice: 'required' }), /forces a tool/],
    ['a forced tool', 'claude-mythos-5-1', hello({ tools: [LOOK], toolChoice: 'required' }), /forces a tool/],
    [
      'a forced tool beside a budget',
      'claude-haiku-4-5',
      hello({ tools: [LOOK], toolChoice: 'required', think: 'low' }),
      /forces a tool while.*think to 'off'/,
    ],
    ['an output schema', 'claude-sonnet-4-20250514', hello({ output: SCHEMA }), /output is set.*completeStructured/],
    ['an output schema', 'claude-3-7-sonnet-20250219', hello({ output: SCHEMA }), /output is set/],
    ['no room to write', 'claude-opus-5', hello({ maxTokens: 0 }), /maxTokens is 0; a whole number of at least 1/],
    ['half a token', 'claude-opus-5', hello({ maxTokens: 1.5 }), /maxTokens is 1.5/],
    [
      'two tools called web_search',
      'claude-opus-5',
      hello({ search: 'low', tools: [{ ...LOOK, name: 'web_search' }] }),
      /web_search.*rename/,
    ],
    [
      'tools that hide the search',
      'claude-opus-5',
      hello({ search: 'low', vendorOptions: { tools: [] } }),
      /vendorOptions.tools/,
    ],
    [
      'a budget',
      'claude-opus-4-8',
      hello(thinking({ type: 'enabled', budget_tokens: 2000 })),
      /thinking.type is 'enabled'.*'adaptive' or 'disabled'/,
    ],
    ['no thinking', 'claude-opus-5-5', hello(thinking({ type: 'disabled' })), /thinking.type is 'disabled'/],
    [
      'a small budget',
      'claude-haiku-4-5',
      hello(thinking({ type: 'enabled', budget_tokens: 1000 })),
      /budget_tokens is 1000; at least 1024/,
    ],
    [
      'a budget as large as the cap',
      'claude-haiku-4-5',
      hello({ maxTokens: 2000, ...thinking({ type: 'enabled', budget_tokens: 2000 }) }),
      /less than max_tokens, 2000/,
    ],
    [
      'an effort',
      'claude-haiku-4-5',
      hello({ vendorOptions: { output_config: { effort: 'low' } } }),
      /output_config.effort is 'low', which claude-haiku-4-5 refuses: no such field/,
    ],
    [
      'an effort',
      'claude-opus-4-6',
      hello({ vendorOptions: { output_config: { effort: 'xhigh' } } }),
      /'low' or 'medium' or 'high' or 'max' is expected/,
    ],
    [
      'no thinking at a high effort',
      'claude-opus-5',
      hello({ think: 'off', vendorOptions: { output_config: { effort: 'max' } } }),
      /'disabled' at effort 'max'.*up to effort 'high'/,
    ],
    [
      'thinking between tools at a high effort',
      'claude-sonnet-5-5',
      hello({ think: 'off', vendorOptions: { output_config: { effort: 'xhigh' } } }),
      /'between_tools' at effort 'xhigh'/,
    ],
  ])('for %s on %s', async (_what, model, request, expected) => {
    await expect(exchange(request, model)).rejects.toMatchObject({
      code: 'provider/invalid-request',
      message: expect.stringMatching(expected),
    });
  });

  it.each<[string, UserBlock]>([
    ['a bitmap', { type: 'image', mediaType: 'image/bmp', data: 'Qk0=' }],
    ['sound', { type: 'document', mediaType: 'audio/mpeg', data: 'SUQz' }],
    ['a letter of Word', { type: 'document', mediaType: 'application/msword', data: '0M8=' }],
  ])('for %s, by the name of its type', async (_name, block) => {
    await expect(exchange({ messages: [{ role: 'user', content: [block] }] }, 'claude-opus-5')).rejects.toMatchObject({
      code: 'provider/unsupported-media',
      message: expect.stringContaining(block.type === 'text' ? '' : block.mediaType),
    });
  });

  it('for more messages than the vendor takes', async () => {
    const messages = Array.from({ length: 100_001 }, () => userMessage('x'));
    await expect(exchange({ messages }, 'claude-opus-5')).rejects.toThrow(/100001 messages.*100000/);
  });
});

describe('a request is sent', () => {
  const paused: Message = {
    role: 'assistant',
    content: [
      { type: 'text', text: 'Searching.' },
      {
        type: 'opaque',
        family: 'anthropic',
        data: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
      },
    ],
  };
  it.each<[string, string, ModelRequest]>([
    ['with a forced tool', 'claude-opus-5', hello({ tools: [LOOK], toolChoice: 'required', think: 'high' })],
    ['with a forced tool', 'claude-haiku-5-5', hello({ tools: [LOOK], toolChoice: 'required' })],
    ['with a forced tool', 'claude-haiku-4-5', hello({ tools: [LOOK], toolChoice: 'required', think: 'off' })],
    ['that goes on from a pause', 'claude-opus-5', { messages: [userMessage('hi'), paused] }],
    ['that goes on from a text', 'claude-haiku-4-5', { messages: [userMessage('hi'), ANSWER] }],
    ['with an output schema', 'claude-haiku-4-5', hello({ output: SCHEMA })],
    [
      'with whatever is asked of a model nobody described',
      'claude-opus-6',
      hello({
        tools: [LOOK],
        toolChoice: 'required',
        output: SCHEMA,
        vendorOptions: { thinking: { type: 'dreaming' }, output_config: { effort: 'ultra' } },
      }),
    ],
  ])('%s to %s', async (_what, model, request) => {
    expect((await exchange(request, model)).turn.stopReason).toBe('end-turn');
  });
});

describeWithCorpus('a recorded request that was answered', () => {
  for (const family of ['anthropic', 'bedrock-anthropic']) {
    for (const entry of listRecordings({ family, status: 200 })) {
      it(`is not refused: ${entry.id}`, () => {
        const { request, model } = readRecording(entry);
        if (request === null) return;
        const body = { max_tokens: 0, messages: [], ...Object(request), model };
        expect(() => checkAnthropicBody({ body, hasPrevious: false, warnings: [] }, model)).not.toThrow();
      });
    }
  }
});
