import { describe, expect, it } from 'vitest';
import { isAskedEffort, nearestEffort, openaiModelRules } from '../src/openai/models.ts';
import { describeWithCorpus, listRecordings, readRecording } from './support/corpus.ts';

const NONE_TO_HIGH = ['none', 'low', 'medium', 'high'];
const LOW_TO_HIGH = ['low', 'medium', 'high'];
const NONE_TO_XHIGH = [...NONE_TO_HIGH, 'xhigh'];

describe('a model', () => {
  it.each([
    ['gpt-3.5-turbo', [], 'always'],
    ['gpt-4-0613', [], 'always'],
    ['gpt-4-turbo', [], 'always'],
    ['gpt-4o', [], 'always'],
    ['gpt-4.1-mini', [], 'always'],
    ['o1', LOW_TO_HIGH, 'never'],
    ['o3-2025-04-16', LOW_TO_HIGH, 'never'],
    ['o4-mini', LOW_TO_HIGH, 'never'],
    ['gpt-5', ['minimal', ...LOW_TO_HIGH], 'never'],
    ['gpt-5-mini-2025-08-07', ['minimal', ...LOW_TO_HIGH], 'never'],
    ['gpt-5-pro', ['high'], 'never'],
    ['gpt-5-chat-latest', [], 'always'],
    ['gpt-5.1', NONE_TO_HIGH, 'without-thinking'],
    ['gpt-5.1-chat-latest', ['medium'], 'never'],
    ['gpt-5.1-codex-mini', LOW_TO_HIGH, 'never'],
    ['gpt-5.1-codex-max', [...LOW_TO_HIGH, 'xhigh'], 'never'],
    ['gpt-5.2', NONE_TO_XHIGH, 'without-thinking'],
    ['gpt-5.2-pro', ['medium', 'high', 'xhigh'], 'never'],
    ['gpt-5.4-mini', NONE_TO_XHIGH, 'without-thinking'],
    ['gpt-5.5-2026-04-23', NONE_TO_XHIGH, 'without-thinking'],
    ['gpt-5.6-luna', [...NONE_TO_XHIGH, 'max'], 'without-thinking'],
    ['gpt-6-sol', [...NONE_TO_XHIGH, 'max'], 'without-thinking'],
    ['gpt-6-astra', [...LOW_TO_HIGH, 'xhigh', 'max'], 'never'],
    ['gpt-6.1-sol', [...LOW_TO_HIGH, 'xhigh', 'max'], 'never'],
    ['gpt-6.1-terra', [...LOW_TO_HIGH, 'xhigh', 'max'], 'never'],
    ['gpt-oss-120b', LOW_TO_HIGH, 'always'],
    ['grok-3-mini', ['low', 'high'], 'always'],
    ['grok-4', [], 'always'],
    ['grok-4.3', NONE_TO_HIGH, 'always'],
    ['grok-4.5', LOW_TO_HIGH, 'always'],
    ['grok-4.6', [...LOW_TO_HIGH, 'xhigh'], 'always'],
    ['grok-4-1-fast-non-reasoning', [], 'always'],
  ] as const)('%s takes the efforts %j and a temperature %s', (model, efforts, temperature) => {
    expect(openaiModelRules(model)).toMatchObject({ efforts, temperature });
  });

  it.each(['gpt-3.5-turbo', 'gpt-4', 'gpt-4-turbo-2024-04-09', 'gpt-4o-2024-05-13', 'chatgpt-4o-latest', 'o1-mini'])(
    '%s cannot be held to a schema',
    (model) => expect(openaiModelRules(model).takesStructuredOutput).toBe(false),
  );

  it.each(['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'o1', 'o3-mini', 'gpt-5-nano', 'gpt-6-sol', 'grok-4.3'])(
    '%s can be held to a schema',
    (model) => expect(openaiModelRules(model).takesStructuredOutput).toBe(true),
  );

  it('searches, or does not (L-49)', () => {
    const searching = ['gpt-4o', 'gpt-4.1-mini', 'o3', 'o4-mini', 'gpt-5', 'gpt-5.6-sol', 'gpt-6.1-sol', 'grok-4.3'];
    const others = ['gpt-3.5-turbo', 'gpt-4', 'gpt-4-turbo', 'gpt-4.1-nano', 'o1', 'o3-mini', 'grok-3'];
    expect(searching.filter((model) => !openaiModelRules(model).takesSearch)).toEqual([]);
    expect(others.filter((model) => openaiModelRules(model).takesSearch)).toEqual([]);
  });

  it('tells of its cache from GPT-5.6 on (P-05)', () => {
    const telling = ['gpt-5.6-sol', 'gpt-6-luna', 'gpt-6-astra', 'gpt-6.1-terra'];
    const silent = ['gpt-4o', 'o3', 'gpt-5', 'gpt-5.1', 'gpt-5.4', 'gpt-5.5', 'gpt-5.5-pro', 'grok-4.3'];
    expect(telling.filter((model) => !openaiModelRules(model).explainsCache)).toEqual([]);
    expect(silent.filter((model) => openaiModelRules(model).explainsCache)).toEqual([]);
  });

  it.each([
    ['openai/gpt-5.1', 'gpt-5.1'],
    ['openai.gpt-5.5', 'gpt-5.5'],
    ['us.openai.gpt-5.5', 'gpt-5.5'],
    ['OpenAI/GPT-4o', 'gpt-4o'],
    ['ft:gpt-4.1-nano-2025-04-14:org::id', 'gpt-4.1-nano'],
    ['x-ai/grok-4.3', 'grok-4.3'],
    ['gpt-oss:20b', 'gpt-oss-120b'],
  ])('%s is %s, whatever its host puts before the name', (hosted, model) => {
    expect(openaiModelRules(hosted)).toBe(openaiModelRules(model));
  });

  it('that nobody described is refused nothing, and says when and why it was written down', () => {
    for (const model of ['my-deployment', 'qwen3', 'gpt-7', 'deepseek-v4-pro', '']) {
      expect(openaiModelRules(model)).toMatchObject({
        efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
        temperature: 'always',
        takesStructuredOutput: true,
        takesSearch: true,
        explainsCache: true,
        asOf: expect.stringMatching(/^20\d\d-\d\d$/),
      });
    }
    expect(openaiModelRules('gpt-5')).toMatchObject({ asOf: expect.anything(), source: expect.stringMatching(/./) });
  });
});

describe('the effort that is sent (L-47)', () => {
  it.each([
    ['off', ['none', 'low'], 'none', true],
    ['off', ['minimal', 'low'], 'minimal', false],
    ['off', ['high'], 'high', false],
    ['low', LOW_TO_HIGH, 'low', true],
    ['low', ['medium'], 'medium', false],
    ['medium', ['low', 'high'], 'high', false],
    ['high', ['medium'], 'medium', false],
    ['max', NONE_TO_XHIGH, 'xhigh', true],
    ['max', [...NONE_TO_XHIGH, 'max'], 'max', true],
    ['max', ['medium'], 'medium', true],
    ['low', [], undefined, false],
    ['max', [], undefined, false],
  ] as const)('for %s of %j is %s; as asked: %s', (think, efforts, effort, asAsked) => {
    expect(nearestEffort(think, efforts)).toBe(effort);
    expect(isAskedEffort(think, effort)).toBe(asAsked);
  });
});

describeWithCorpus('what vendors accepted', () => {
  const accepted = ['openai-chat', 'openai-responses'].flatMap((family) =>
    listRecordings({ family, status: 200 })
      .filter(({ vendor }) => vendor === 'openai' || vendor === 'xai')
      .map((entry) => readRecording(entry))
      .filter(({ request }) => request !== null),
  );

  it('is what the rules let through', () => {
    const seen = { effort: 0, temperature: 0, schema: 0, search: 0 };
    for (const { request, id } of accepted) {
      const body = JSON.parse(JSON.stringify(request));
      const rules = openaiModelRules(body.model ?? '');
      const effort = body.reasoning_effort ?? body.reasoning?.effort;
      if (effort) {
        seen.effort += 1;
        expect(rules.efforts, id).toContain(effort);
      }
      if (body.temperature !== undefined && body.temperature !== null) {
        seen.temperature += 1;
        expect(rules.temperature, id).not.toBe('never');
      }
      if ((body.response_format ?? body.text?.format)?.type === 'json_schema') {
        seen.schema += 1;
        expect(rules.takesStructuredOutput, id).toBe(true);
      }
      if (body.tools?.some?.((tool: { readonly type?: string }) => tool.type === 'web_search')) {
        seen.search += 1;
        expect(rules.takesSearch, id).toBe(true);
      }
    }
    expect(Object.values(seen).every((count) => count > 2)).toBe(true);
  });
});
