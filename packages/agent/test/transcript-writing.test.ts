import { createHash } from 'node:crypto';
import {
  formatToolResult,
  formatTranscript,
  full,
  initialState,
  parseTranscript,
  resolveFrom,
  runAgent,
  tool,
  toolBlocks,
} from '@reprise/agent';
import { type Message, synth, toolCallBlock, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const LONG = 'All work and no play. '.repeat(400);

function exchange(argumentsText: string, result: string): readonly Message[] {
  const call = toolCallBlock('c1', 'read', argumentsText);
  return [{ role: 'assistant', content: [call] }, synth.results([call], [result])];
}

/** The JSON of the only block. */
function dataOf(transcript: string): unknown {
  return JSON.parse(/```json\n(.*)\n```/s.exec(transcript)?.[1] ?? '');
}

function sha256(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

describe('a transcript', () => {
  it('is Markdown with a heading for each speaker and a block for each call with its result (L-23)', () => {
    const call = toolCallBlock('c1', 'add', '{"a":1,"b":"<x>"}');
    const history: readonly Message[] = [
      userMessage('Add.'),
      { role: 'assistant', content: [{ type: 'text', text: 'So:' }, call], responseId: 'msg_1' },
      synth.results([call], ['3']),
      { role: 'assistant', content: [{ type: 'text', text: 'It is 3.' }] },
    ];
    expect(formatTranscript(history)).toBe(`<!-- user message -->
#### User

Add.

<!-- assistant message {"responseId":"msg_1"} -->
#### Assistant

So:

<details class='tool-usage-details'>
<summary><code>add(a=1, b="&lt;x&gt;")</code></summary>

\`\`\`json
{
  "id": "c1",
  "call": {
    "function": "add",
    "arguments": {
      "a": 1,
      "b": "<x>"
    }
  },
  "result": "3"
}
\`\`\`

</details>

<!-- assistant message -->

It is 3.
`);
  });

  it('cuts a result and says so, with the hash of the whole beside it (L-23)', () => {
    const history = exchange('{}', LONG);
    expect(dataOf(formatTranscript(history))).toMatchObject({
      result: `${LONG.slice(0, 2000)}<TRUNCATED>`,
      truncated: { hash: sha256(LONG), characters: LONG.length },
    });
    expect(dataOf(formatTranscript(history, { maxResultCharacters: 5 }))).toMatchObject({ result: 'All w<TRUNCATED>' });
    expect(dataOf(formatTranscript(history, { maxResultCharacters: LONG.length }))).toMatchObject({ result: LONG });
  });

  it('restores a result that was cut from its hash, and takes nothing else for it (L-23, X-16)', () => {
    const history = exchange('{}', LONG);
    const transcript = formatTranscript(history);
    expect(parseTranscript(transcript, { resolve: (hash) => (hash === sha256(LONG) ? LONG : undefined) })).toEqual(
      history,
    );
    expect(() => parseTranscript(transcript, { resolve: () => 'forged' })).toThrow(
      expect.objectContaining({ code: 'agent/broken-transcript', message: expect.stringContaining(sha256('forged')) }),
    );
  });

  it('does not cut between the halves of a character', () => {
    const { result } = dataOf(formatTranscript(exchange('{}', '🧠🧠🧠'), { maxResultCharacters: 3 })) as {
      result: string;
    };
    expect(result).toBe('🧠<TRUNCATED>');
  });

  it('keeps arguments as JSON, and cuts only texts among them that are too long (X-16)', () => {
    const argumentsText = JSON.stringify({ lines: [1, 2.5, true], text: LONG, deep: { short: 'a' } });
    const history = exchange(argumentsText, '');
    const transcript = formatTranscript(history, { maxArgumentCharacters: 3 });
    expect(dataOf(transcript)).toMatchObject({
      call: { arguments: { lines: [1, 2.5, true], text: 'All<TRUNCATED>', deep: { short: 'a' } } },
    });
    expect(dataOf(formatTranscript(history))).toMatchObject({ call: { arguments: { text: LONG } } });
    expect(parseTranscript(transcript, { resolve: resolveFrom(history) })).toEqual(history);
  });

  it('keeps the text of arguments that are no shortest JSON, down to the byte (X-16)', () => {
    for (const argumentsText of ['{ "a": 1.0 }', '{"a":1,"a":2}', '{"a":', '', '{"n":12345678901234567890}']) {
      const history = exchange(argumentsText, 'x');
      expect(parseTranscript(formatTranscript(history))).toEqual(history);
    }
  });

  it('is one block for a call with its result alone, in the same shape (L-23)', () => {
    const call = toolCallBlock('c1', 'read', '{}');
    const [, message] = exchange('{}', LONG);
    const result = message?.role === 'tool' ? message.content[0] : undefined;
    if (!result) throw new Error('no result');
    expect(formatTranscript(exchange('{}', LONG), { maxResultCharacters: 9 })).toContain(
      formatToolResult(call, result, { maxResultCharacters: 9 }),
    );
  });

  it('says that a file is not at hand where nothing resolves its hash, and holds files themselves if asked', () => {
    const history: readonly Message[] = [
      {
        role: 'user',
        content: [
          { type: 'image', mediaType: 'image/png', data: 'QUJD' },
          { type: 'text', text: 'What?' },
        ],
      },
    ];
    const transcript = formatTranscript(history);
    expect(transcript).not.toContain('QUJD');
    expect(parseTranscript(transcript)[0]?.content[0]).toMatchObject({
      type: 'text',
      text: `[image/png that is not at hand: ${sha256('ABC')}]`,
    });
    expect(parseTranscript(formatTranscript(history, { media: 'inline' }))).toEqual(history);
  });

  it.each([{ maxResultCharacters: -1 }, { maxArgumentCharacters: 1.5 }, { media: 'none' as 'inline' }])(
    'refuses %o',
    (options) => {
      expect(() => formatTranscript([], options)).toThrow(expect.objectContaining({ code: 'agent/invalid-option' }));
    },
  );
});

describe('full (L-24)', () => {
  async function transcriptOf(output: ReturnType<typeof full>) {
    const read = tool({ name: 'read', description: 'Reads.', input: z.object({}), run: () => output });
    const model = scriptedModel(toolTurn(['c1', 'read', '{}']), textTurn('Done.'));
    const { state } = await runAgent(initialState(), 'Read.', { model, tools: [read] }).result();
    return { state, transcript: formatTranscript(state.messages, { maxResultCharacters: 10 }) };
  }

  it('is a result that no transcript cuts, also after it was stored or read from one (L-24)', async () => {
    const { state, transcript } = await transcriptOf(full(LONG));
    expect(transcript).toContain(JSON.stringify(LONG));
    expect(parseTranscript(transcript)).toEqual(state.messages);
    const stored = JSON.parse(JSON.stringify(state.messages));
    expect(formatTranscript(stored, { maxResultCharacters: 10 })).toBe(transcript);
  });

  it('holds for every text of blocks, and for anything else as JSON (L-24)', async () => {
    const { transcript } = await transcriptOf(
      full(
        toolBlocks([
          { type: 'text', text: LONG },
          { type: 'text', text: 'b' },
        ]),
      ),
    );
    expect(transcript).toContain(JSON.stringify(LONG));
    const json = await transcriptOf(full({ lines: [LONG] }));
    expect(json.transcript).toContain(JSON.stringify(JSON.stringify({ lines: [LONG] })));
  });
});
