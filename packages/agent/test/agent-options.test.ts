import { type AgentOptions, Chat, createAgent } from '@reprise/agent';
import { describe, expect, it } from 'vitest';
import { scriptedModel } from './support/scripted-stream.ts';

const REFUSED: readonly (readonly [options: Readonly<Record<string, unknown>>, words: string])[] = [
  [{ model: undefined }, "model is undefined; it must be a model, or a model's name"],
  [{ model: 5 }, 'model is 5'],
  [{ model: { id: 'x', stream: () => [] } }, 'model is an object'],
  [{ cache: 'bogus' }, "cache is 'bogus'; 'auto', 'none'"],
  [{ cache: { at: 3 } }, 'cache is an object; '],
  [{ cacheKey: 5 }, 'cacheKey is 5'],
  [{ diagnostics: 'yes' }, "diagnostics is 'yes'; true or false is expected"],
  [{ maxTokens: -5 }, 'maxTokens is -5; a whole number of at least 1 is expected'],
  [{ maxTokens: 1.5 }, 'maxTokens is 1.5'],
  [{ output: 'json' }, "output is 'json'; a JSON Schema"],
  [{ search: true }, "search is true; false, 'low'"],
  [{ stopSequences: 'END' }, "stopSequences is 'END'; a list of texts is expected"],
  [{ system: 5 }, 'system is 5; a text is expected'],
  [{ temperature: 'hot' }, "temperature is 'hot'"],
  [{ think: 'hard' }, "think is 'hard'; 'off'"],
  [{ vendorOptions: [] }, 'vendorOptions is []'],
  [{ tools: 'x' }, 'tools is a text; it must be a list of tools'],
  [{ tools: [{ name: 'read' }] }, 'tools[0] is an object; make it with tool(…)'],
  [{ tools: [null] }, 'tools[0] is null'],
  [{ hooks: 'x' }, 'hooks is a text; it must be a list of hooks'],
  [{ hooks: [null] }, 'hooks[0] has no name'],
  [{ hooks: [{ name: 'a', afterTurn: 'x' }] }, 'afterTurn of hook a is a text; it must be a function'],
  [{ transientReminder: 5 }, 'transientReminder is 5; it must be a text or a function'],
  [{ finalPrompt: 5 }, 'finalPrompt is 5; it must be a text'],
];

describe('an agent’s options', () => {
  it.each(REFUSED)('that cannot work are refused at once: %j', (options, words) => {
    const given = { model: scriptedModel(), ...options } as AgentOptions;
    expect(() => createAgent(given)).toThrow(
      expect.objectContaining({ code: 'agent/invalid-option', message: expect.stringContaining(words) }),
    );
  });

  it('are refused where there are none', () => {
    // @ts-expect-error: as a caller without types may call it.
    expect(() => createAgent()).toThrow(/model is undefined/);
    // @ts-expect-error: as a caller without types may call it.
    expect(() => createAgent({})).toThrow(/model is undefined/);
    // @ts-expect-error: as a caller without types may call it.
    expect(() => new Chat()).toThrow(/model is undefined/);
  });
});
