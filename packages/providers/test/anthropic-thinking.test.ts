import { describe, expect, it } from 'vitest';
import { anthropicModelRules } from '../src/anthropic/models.ts';
import type { ThinkLevel } from '../src/request.ts';
import { exchange, hello } from './support/anthropic-exchange.ts';

const LEVELS: readonly ThinkLevel[] = ['off', 'low', 'medium', 'high', 'max'];
const EVERY_MODEL = [
  'claude-fable-5-2',
  'claude-fable-5-1',
  'claude-mythos-5-1',
  'claude-fable-5',
  'claude-opus-5-5',
  'claude-opus-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-sonnet-5',
  'claude-opus-4-8',
  'claude-opus-4-7',
  'claude-opus-4-6',
  'claude-sonnet-4-6',
  'claude-opus-4-5',
  'claude-sonnet-4-5',
  'claude-haiku-4-5',
  'claude-opus-4-1',
  'claude-sonnet-4-20250514',
  'claude-3-7-sonnet-20250219',
  'claude-3-5-haiku-20241022',
  'claude-3-haiku-20240307',
];
const SHOWN = { type: 'adaptive', display: 'summarized' };

describe('think (L-47)', () => {
  it.each<[string, ThinkLevel, object, string | undefined]>([
    ['claude-opus-5', 'low', { thinking: SHOWN, output_config: { effort: 'low' } }, undefined],
    ['claude-opus-5', 'medium', { thinking: SHOWN, output_config: { effort: 'medium' } }, undefined],
    ['claude-opus-5-5', 'high', { thinking: SHOWN, output_config: { effort: 'high' } }, undefined],
    ['claude-fable-5-1', 'max', { thinking: SHOWN, output_config: { effort: 'max' } }, undefined],
    ['claude-opus-4-6', 'max', { thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }, undefined],
    ['claude-opus-4-5', 'max', { thinking: { type: 'enabled', budget_tokens: 32_000 } }, undefined],
    ['claude-haiku-4-5', 'low', { thinking: { type: 'enabled', budget_tokens: 2048 }, max_tokens: 18_048 }, undefined],
    ['claude-sonnet-4-5', 'high', { thinking: { type: 'enabled', budget_tokens: 16_384 } }, undefined],
    ['claude-opus-5', 'off', { thinking: { type: 'disabled' } }, undefined],
    ['claude-opus-4-8', 'off', { thinking: { type: 'disabled' } }, undefined],
    ['claude-haiku-5-5', 'off', { thinking: { type: 'disabled' } }, undefined],
    ['claude-haiku-4-5', 'off', { thinking: { type: 'disabled' } }, undefined],
    ['claude-sonnet-5-5', 'off', { thinking: { type: 'between_tools' } }, 'request/think-adapted'],
    ['claude-fable-5', 'off', { output_config: { effort: 'low' } }, 'request/think-adapted'],
    ['claude-opus-5-5', 'off', { output_config: { effort: 'low' } }, 'request/think-adapted'],
    ['claude-3-5-haiku-20241022', 'high', { max_tokens: 8192 }, 'request/think-ignored'],
    ['claude-3-5-haiku-20241022', 'off', { max_tokens: 8192 }, undefined],
    ['claude-opus-6', 'high', { thinking: SHOWN, output_config: { effort: 'high' } }, undefined],
  ])('of %s at %s is sent as it takes it', async (model, think, expected, warning) => {
    const { body, warnings } = await exchange(hello({ think }), model);
    expect(body).toMatchObject(expected);
    for (const field of ['thinking', 'output_config']) if (!(field in expected)) expect(body).not.toHaveProperty(field);
    expect(warnings.map(({ code }) => code)).toEqual(warning === undefined ? [] : [warning]);
  });

  it('left out asks for nothing, on every model', async () => {
    for (const model of EVERY_MODEL) {
      const { body, warnings } = await exchange(hello(), model);
      expect(body).not.toHaveProperty('thinking');
      expect(body).not.toHaveProperty('output_config');
      expect(warnings).toEqual([]);
    }
  });

  it('never sends what the model refuses, whatever the level', async () => {
    for (const model of EVERY_MODEL) {
      const { isKnown, thinking: taken, efforts, quietEffort, maxOutputTokens = 0 } = anthropicModelRules(model);
      expect(isKnown).toBe(true);
      for (const think of LEVELS) {
        const { sent } = await exchange(hello({ think }), model);
        const { thinking, output_config, max_tokens }: Wire = JSON.parse(sent);
        if (thinking) expect(taken).toContain(thinking.type);
        if (output_config) expect(efforts).toContain(output_config.effort);
        expect(max_tokens).toBeLessThanOrEqual(maxOutputTokens);
        if (thinking?.type === 'enabled') {
          expect(thinking.budget_tokens).toBeGreaterThanOrEqual(1024);
          expect(thinking.budget_tokens).toBeLessThan(max_tokens);
        }
        if (quietEffort && thinking?.type !== 'adaptive') expect(output_config).toBeUndefined();
      }
    }
  });

  it('says in its warning what was asked and what was sent', async () => {
    const { warnings } = await exchange(hello({ think: 'off' }), 'claude-opus-5-5');
    expect(warnings[0]?.message).toMatch(/think is 'off'.*claude-opus-5-5.*'low'/);
  });

  it('is refused where maxTokens leaves no room for it, and says what to do', async () => {
    const request = hello({ think: 'low', maxTokens: 1024 });
    await expect(exchange(request, 'claude-haiku-4-5')).rejects.toMatchObject({
      code: 'provider/invalid-request',
      message: expect.stringMatching(/maxTokens is 1024.*1024.*Raise maxTokens/),
    });
    expect((await exchange(request, 'claude-opus-5')).body).toMatchObject({ max_tokens: 1024, thinking: SHOWN });
  });

  it('leaves half of the given maxTokens to the answer', async () => {
    const { body, warnings } = await exchange(hello({ think: 'high', maxTokens: 6000 }), 'claude-haiku-4-5');
    expect(body).toMatchObject({ max_tokens: 6000, thinking: { type: 'enabled', budget_tokens: 3000 } });
    expect(warnings).toMatchObject([{ code: 'request/think-adapted', message: expect.stringContaining('3000') }]);
    const small = await exchange(hello({ think: 'high', maxTokens: 1025 }), 'claude-haiku-4-5');
    expect(small.body).toMatchObject({ max_tokens: 1025, thinking: { budget_tokens: 1024 } });
  });

  it('gives way to a kind of thinking in vendorOptions, and takes its other fields along', async () => {
    const theirs = await exchange(
      hello({ think: 'high', vendorOptions: { thinking: { type: 'disabled' } } }),
      'claude-opus-5',
    );
    expect(theirs.body['thinking']).toEqual({ type: 'disabled' });
    expect(theirs.body['output_config']).toEqual({ effort: 'high' });
    const both = await exchange(
      hello({ think: 'high', vendorOptions: { thinking: { display: 'omitted' }, output_config: { effort: 'xhigh' } } }),
      'claude-opus-5',
    );
    expect(both.body).toMatchObject({
      thinking: { type: 'adaptive', display: 'omitted' },
      output_config: { effort: 'xhigh' },
    });
  });
});

interface Wire {
  readonly thinking?: { readonly type: string; readonly budget_tokens: number };
  readonly output_config?: { readonly effort: string };
  readonly max_tokens: number;
}

describe('maxTokens', () => {
  it('above what the model writes is cut to it, and says so', async () => {
    const { body, warnings } = await exchange(hello({ maxTokens: 500_000 }), 'claude-opus-5');
    expect(body).toMatchObject({ max_tokens: 128_000 });
    expect(warnings).toMatchObject([
      { code: 'request/maxTokens-adapted', message: expect.stringMatching(/500000.*128000/) },
    ]);
  });

  it('is passed on as asked where nobody knows the cap', async () => {
    const { body, warnings } = await exchange(hello({ maxTokens: 500_000 }), 'claude-opus-6');
    expect(body).toMatchObject({ max_tokens: 500_000 });
    expect(warnings).toEqual([]);
  });

  it.each([
    ['claude-opus-5', 16_000],
    ['claude-3-5-haiku-20241022', 8192],
    ['claude-3-haiku-20240307', 4096],
  ])('left out is never above what %s writes', async (model, expected) => {
    expect((await exchange(hello(), model)).body).toMatchObject({ max_tokens: expected });
  });
});
