import {
  Chat,
  formatTranscript,
  initialState,
  parseTranscript,
  printHistory,
  runAgent,
  stateFromTranscript,
  TranscriptFormatter,
  toJSONL,
  tool,
} from '@reprise/agent';
import { type Message, toolCallBlock, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LONG_SYSTEM_PROMPT, MODELS, simulator } from './support/simulated.ts';

const lookUp = tool({
  name: 'look_up',
  description: 'Looks a word up.',
  input: z.object({ word: z.string() }),
  effect: 'pure',
  run: ({ word }) => `${word} is a word. `.repeat(500),
});

describe.each(Object.entries(MODELS))('a talk that goes on from a transcript, %s', (_family, makeModel) => {
  it('is accepted, and hears what was said before (L-25)', async () => {
    const server = await simulator(({ messages }) =>
      messages.length === 1
        ? { text: 'Looking.', toolCalls: [{ name: 'look_up', arguments: { word: 'tip' } }] }
        : 'A word.',
    );
    const options = { model: makeModel(server.url), system: LONG_SYSTEM_PROMPT, tools: [lookUp] };
    const first = await runAgent(initialState(), 'What is a tip?', options).result();
    // Cut results, since nothing resolves them: what a reader of the transcript has.
    const state = stateFromTranscript(formatTranscript(first.state.messages, { maxResultCharacters: 20 }));
    const { text } = await runAgent(state, 'Sure?', options).result();
    expect(text).toBe('A word.');
    const sent = JSON.stringify(server.requests.at(-1)?.body);
    expect(sent).toContain('tip is a word. tip i<TRUNCATED>');
    // What we note about it is for transcripts alone.
    expect(sent).not.toContain('reprise-transcript');
    expect(sent).not.toContain('sha256:');
  });

  it('sends the very bytes that the talk itself goes on with, where nothing is left out (L-25)', async () => {
    const server = await simulator(({ messages }) => `Answer ${messages.length}. ${'So it is. '.repeat(300)}`);
    const options = { model: makeModel(server.url), system: LONG_SYSTEM_PROMPT };
    const { state } = await runAgent(initialState(), 'One?', options).result();
    const formatted = formatTranscript(state.messages);
    await runAgent(state, 'Two?', options).result();
    await runAgent(stateFromTranscript(formatted), 'Two?', options).result();
    const [, second, again] = server.requests.map(({ body }) => JSON.stringify(body));
    expect(again).toBe(second);
  });

  it('goes on from what a formatter has collected of a stream (L-25, L-67)', async () => {
    const server = await simulator(({ messages }) => `Answer ${messages.length}.`);
    const options = { model: makeModel(server.url) };
    const formatter = new TranscriptFormatter();
    for await (const event of runAgent(initialState(), 'One?', options)) formatter.format(event);
    // What was asked is not in the stream, so the history begins with the answer.
    const chat = new Chat(options.model, { history: parseTranscript(formatter.text) });
    expect((await chat.ask('Two?')).text).toMatch(/^Answer \d/);
    expect(chat.history.map(({ role }) => role)).toEqual(['assistant', 'user', 'assistant']);
  });
});

describe('printHistory (L-62)', () => {
  const history: readonly Message[] = [
    userMessage('Hi\n\nthere\u001b[31m'),
    { role: 'assistant', content: [{ type: 'thinking', text: 'Hm.' }, toolCallBlock('c1', 'add', '{"a":1}')] },
    {
      role: 'tool',
      content: [
        {
          type: 'tool-result',
          toolCallId: 'c1',
          toolName: 'add',
          content: [
            { type: 'text', text: 'no' },
            { type: 'image', mediaType: 'image/png', data: 'QUJD' },
          ],
          isError: true,
        },
      ],
    },
  ];

  it('is one message a line with a blank line between, and no control characters (L-62)', () => {
    const [user, assistant, result] = printHistory(history).split('\n\n');
    expect(user).toBe('user: Hi ⏎ there\\x1b[31m');
    expect(assistant).toBe('assistant: 🧠 Hm. 🔧 add({"a":1})');
    expect(result).toMatch(/^tool: ❌ add → no \[image\/png sha256:b5d4045c/);
  });

  it('has JSON Lines beside it, with files in them (L-62)', () => {
    const lines = toJSONL(history).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(history);
  });
});
