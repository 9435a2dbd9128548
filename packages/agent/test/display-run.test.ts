import { Chat, createAgent, displayRun, tool } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel } from './support/scripted-stream.ts';
import { MODELS, simulator } from './support/simulated.ts';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'a tree' });
const fail = tool({
  name: 'fail',
  description: 'Fails.',
  input: z.object({}),
  effect: 'pure',
  run: () => Promise.reject(),
});

/** What was written, piece by piece. */
function page(): { readonly pieces: string[]; write(text: string): void } {
  const pieces: string[] = [];
  return { pieces, write: (text) => pieces.push(text) };
}

describe('a run that is shown (L-68)', () => {
  it('is text, thinking and calls as they come, and the result in the end', async () => {
    const vendor = await simulator(({ messages }) =>
      messages.length === 1
        ? { thinking: 'Hm.', text: 'Let me look.', toolCalls: [{ name: 'look' }, { name: 'fail' }] }
        : 'It is a tree.',
    );
    const model = MODELS.anthropic(vendor.url);
    const chat = new Chat(model, { tools: [look, fail], think: 'low' });
    const output = page();
    const { text } = await displayRun(chat.stream('What is there?'), output);
    expect(text).toBe('It is a tree.');
    expect(output.pieces.join('').replace(/(🧠)+/u, '🧠')).toBe(
      '🧠\n\nLet me look.\n🔧 look\n🔧 fail\n❌ fail\nIt is a tree.\n',
    );
    expect(output.pieces.length).toBeGreaterThan(6);
  });

  it('may be one of a session', async () => {
    const vendor = await simulator(() => 'Hi.');
    const agent = createAgent({ model: MODELS.ollama(vendor.url) });
    const session = await agent.openSession(openMemoryStore());
    const output = page();
    expect((await displayRun(session.send('Hello.'), output)).text).toBe('Hi.');
    expect(output.pieces.join('')).toBe('Hi.\n');
  });

  it('rejects with the error that it ended with', async () => {
    const output = page();
    const run = new Chat(scriptedModel()).stream('Hello.');
    await expect(displayRun(run, output)).rejects.toThrow('The script has 0 steps');
    expect(output.pieces).toEqual([]);
  });
});
