import { toolCallBlock, userMessage } from '@reprise/providers';
import type { ReplyParts } from '@reprise/simulator';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openFolder } from '../src/folder.ts';
import { chooseModel } from '../src/plan.ts';
import { servedAgents } from '../src/serve/served-agents.ts';
import { servedModels } from '../src/serve/served-models.ts';
import { encodePng } from '../src/serve/trial/png.ts';
import { SUGGESTIONS } from '../src/serve/trial/suggestions.ts';
import { trialScript } from '../src/serve/trial/trial-script.ts';
import { trialTools } from '../src/serve/trial/trial-tools.ts';
import { tempFolder } from './support/temp-folder.ts';

const SIMULATOR = 'http://127.0.0.1:1';
const partsOf = (reply: ReturnType<typeof trialScript>): ReplyParts =>
  typeof reply === 'string' ? { text: reply } : reply;

/** What the model says once the call that it has asked for has come to this. */
function afterCall(question: string, isError: boolean): string | undefined {
  const asked = userMessage(question);
  const [call] = partsOf(trialScript({ messages: [asked] })).toolCalls ?? [];
  const name = call?.name ?? '';
  const result = {
    type: 'tool-result',
    toolCallId: 'c',
    toolName: name,
    isError,
    content: [{ type: 'text', text: 'x' }],
  } as const;
  return partsOf(
    trialScript({
      messages: [
        asked,
        { role: 'assistant', content: [toolCallBlock('c', name, '{}')] },
        { role: 'tool', content: [result] },
      ],
    }),
  ).text;
}

describe('the simulated model of the service', () => {
  it('thinks aloud, whatever it is asked', () => {
    for (const { say } of SUGGESTIONS) {
      expect(partsOf(trialScript({ messages: [userMessage(say)] })).thinking).toMatch(/\w{3}/);
    }
  });

  it.each([
    ['Draw how long the files are', 'draw_lengths', {}],
    ['Read a file that is missing', 'read_file', { path: 'there-is-no-such-file.md' }],
    ['Note down: the moon is made of stone', 'note_down', { text: 'the moon is made of stone' }],
  ])('does for show what it suggests: %s', (say, name, input) => {
    expect(SUGGESTIONS.map((suggestion) => suggestion.say)).toContain(say);
    expect(partsOf(trialScript({ messages: [userMessage(say)] })).toolCalls).toEqual([{ name, arguments: input }]);
  });

  it('answers otherwise where its call has failed', () => {
    for (const { say } of SUGGESTIONS.slice(1)) expect(afterCall(say, true)).not.toBe(afterCall(say, false));
  });
});

describe('tools for show', () => {
  it('draw a picture that is one, and wait for somebody before they keep a note', async () => {
    const folder = await openFolder(tempFolder({ 'a.md': 'long '.repeat(50), 'b.md': 'short' }));
    const [draw, note] = trialTools(folder);
    const context = { signal: new AbortController().signal, toolCallId: '', idempotencyKey: '' };
    const drawn = await draw?.execute({}, context);
    const [text, image] = Object.getOwnPropertySymbols(drawn).flatMap((key) => Reflect.get(Object(drawn), key));
    expect(text.text).toBe('a.md: 250 characters\nb.md: 5 characters');
    expect(Buffer.from(image.data, 'base64').subarray(1, 4).toString()).toBe('PNG');
    expect([draw?.mayNeedApproval, note?.mayNeedApproval, note?.effect]).toEqual([false, true, 'effect']);
  });

  it('write a PNG of the size and the checksums that the format asks for', () => {
    const png = Buffer.from(encodePng(3, 2, (x) => [x, 0, 0]));
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3, 2]);
    // The last chunk is the same in every PNG.
    expect(png.subarray(-8).toString('hex')).toBe('49454e44ae426082');
  });
});

describe('the models that are served', () => {
  afterEach(() => vi.unstubAllEnvs());
  const offered = (model?: string) => {
    const { main, others } = servedModels(chooseModel(model), SIMULATOR);
    return [main.name, ...Object.keys(others)];
  };

  it('are the simulated one alone where there is no key', () => {
    for (const name of ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY']) vi.stubEnv(name, '');
    expect(offered()).toEqual(['anthropic/claude-opus-5']);
    expect(servedModels(chooseModel(undefined), SIMULATOR).main.baseURL).toBe(SIMULATOR);
  });

  it('are one more for each vendor whose key is there, which is in none of what is sent to workers', async () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'secret-anthropic');
    vi.stubEnv('OPENAI_API_KEY', 'secret-openai');
    expect(offered()).toEqual(['anthropic/claude-opus-5', 'claude-sonnet-5-5', 'gpt-6.2-sol']);
    const models = servedModels(chooseModel(undefined), SIMULATOR);
    expect(JSON.stringify(models)).not.toContain('secret');
    const agents = servedAgents(await openFolder(tempFolder()), models);
    expect(Object.entries(agents).map(([name, { model }]) => `${name}: ${model.id}`)).toEqual([
      'librarian: claude-opus-5',
      'asking-librarian: claude-opus-5',
      'claude-sonnet-5-5: claude-sonnet-5-5',
      'gpt-6.2-sol: gpt-6.2-sol',
    ]);
  });

  it('hold the simulated one also where another was asked for', () => {
    vi.stubEnv('ANTHROPIC_API_KEY', 'secret-anthropic');
    vi.stubEnv('OPENAI_API_KEY', '');
    expect(offered('anthropic/claude-sonnet-5-5')).toEqual(['anthropic/claude-sonnet-5-5', 'simulated']);
  });
});
