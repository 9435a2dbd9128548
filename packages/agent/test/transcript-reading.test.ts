import { parseTranscript } from '@reprise/agent';
import { toolCallBlock, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';

/** A tool block as other tools write it. */
function block(id: string, name: string, args: string, result: string): string {
  const json = `{\n  "id": "${id}",\n  "call": {\n    "function": "${name}",\n    "arguments": ${args}\n  },\n  "result": "${result}"\n}`;
  return `<details class='tool-usage-details'>\n<summary>${name}(…)</summary>\n\n\`\`\`json\n${json}\n\`\`\`\n\n</details>`;
}

function text(words: string) {
  return { type: 'text' as const, text: words };
}

function result(id: string, name: string, words: string) {
  return {
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: id, toolName: name, content: [text(words)], isError: false }],
  };
}

describe('a text without marks of messages (L-21)', () => {
  it('is one answer, as it is, when it has no tool blocks (L-21)', () => {
    const words = ' Look:\n\n```json\n{}\n```\n';
    expect(parseTranscript(words)).toEqual([{ role: 'assistant', content: [text(words)] }]);
    expect(parseTranscript(' \n')).toEqual([]);
  });

  it('is split at its tool blocks into text, JSON and text, each with a call and a result (L-21, L-26)', () => {
    const output = `Adding.\n\n${block('c1', 'add', '{ "a": 1,  "b": 2 }', '3')}\n\n${block('c2', 'add', '{}', '0')}\n\nSo 3.\n`;
    expect(parseTranscript(output)).toEqual([
      { role: 'assistant', content: [text('Adding.'), toolCallBlock('c1', 'add', '{"a":1,"b":2}')] },
      result('c1', 'add', '3'),
      { role: 'assistant', content: [toolCallBlock('c2', 'add', '{}')] },
      result('c2', 'add', '0'),
      { role: 'assistant', content: [text('So 3.')] },
    ]);
  });

  it('is closed with a full stop after a last result, so that a question may follow (L-21)', () => {
    expect(parseTranscript(block('c1', 'add', '{}', '0')).at(-1)).toEqual({ role: 'assistant', content: [text('.')] });
  });

  it('loses its blocks about usage first (L-21)', () => {
    const usage =
      "<details class='token-usage-details'>\n<summary>12 tokens</summary>\n\n```json\n{}\n```\n\n</details>";
    expect(parseTranscript(`Yes.\n\n${usage}\n`)).toEqual([{ role: 'assistant', content: [text('Yes.')] }]);
  });

  it('is read without a summary, with other blank lines and with Windows line breaks, too', () => {
    const bare = block('c1', 'add', '{}', '0')
      .replace(/<summary>.*\n\n/, '')
      .replace('```\n\n<', '```\n<');
    expect(parseTranscript(`Hm.\n${bare}`)).toHaveLength(3);
    expect(parseTranscript(block('c1', 'add', '{}', '0').replaceAll('\n', '\r\n'))).toHaveLength(3);
  });

  it('keeps numbers in arguments that a double cannot hold (X-16)', () => {
    const [answer] = parseTranscript(block('c1', 'add', '{ "a": 12345678901234567890, "b": 1.10 }', ''));
    expect(answer?.content[0]).toMatchObject({ argumentsText: '{"a":12345678901234567890,"b":1.10}' });
  });
});

describe('an element that cannot be read (L-22)', () => {
  const broken = {
    'JSON that cannot be parsed': block('c1', 'add', '{', '0'),
    'a call without an id': block('c1', 'add', '{}', '0').replace('"id"', '"ID"'),
    'a call without a function': block('c1', 'add', '{}', '0').replace('"function"', '"fn"'),
    'a fence that does not close': block('c1', 'add', '{}', '0').replace('\n```\n', '\n'),
    'a block that does not end': block('c1', 'add', '{}', '0').replace('</details>', ''),
    'text behind the opening tag': block('c1', 'add', '{}', '0').replace("details'>", "details'> x"),
    'a result of something else than blocks': block('c1', 'add', '{}', '0').replace('"0"', '"0", "blocks": [7]'),
    'a mark that does not end': '<!-- user message {"a":1}',
    'a block of no known type': '<details class=\'message-block\'>\n\n```json\n{"type":"song"}\n```\n</details>',
    'a file without its media type':
      '<details class=\'message-block\'>\n\n```json\n{"type":"image","data":""}\n```\n</details>',
  };

  it.each(Object.entries(broken))('is an error that names its line: %s (L-22)', (_what, words) => {
    const thrown = { code: 'agent/broken-transcript', message: expect.stringMatching(/^Line 4 of the transcript: /) };
    expect(() => parseTranscript(`One\nTwo\n\n${words}\n\nEnd.`)).toThrow(expect.objectContaining(thrown));
  });

  it.each(Object.entries(broken))('stays text when asked to be lenient: %s (L-22)', (_what, words) => {
    const whole = `One\nTwo\n\n${words}\n\n${block('c2', 'add', '{}', '0')}\n\nEnd.`;
    const [first, , last] = parseTranscript(whole, { lenient: true });
    expect(first?.content).toEqual([text(`One\nTwo\n\n${words.trimEnd()}`), toolCallBlock('c2', 'add', '{}')]);
    expect(last?.content).toEqual([text('End.')]);
  });

  it('is a block in a message that cannot hold it, too (L-22)', () => {
    const misplaced = `<!-- user message -->\n\nHi\n\n${block('c1', 'add', '{}', '0')}\n`;
    expect(() => parseTranscript(misplaced)).toThrow(
      'Line 5 of the transcript: a tool-call block in a message of the role user.',
    );
    expect(parseTranscript(misplaced, { lenient: true }).map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
    ]);
  });

  it('is a message with results for some of its calls only (L-22)', () => {
    const half = `${block('c1', 'add', '{}', '0')}\n\n${block('c2', 'add', '{}', '0').replace(/,\n {2}"result": "0"/, '')}`;
    expect(() => parseTranscript(`<!-- assistant message -->\n\n${half}\n`)).toThrow('2 calls, and results for 1');
  });
});

describe('a transcript with marks', () => {
  it('is read when its blank lines were edited by hand', () => {
    const edited = '<!-- user message -->\n#### User\nHi\n<!-- assistant message -->\n\n\nHello\n\n\n';
    expect(parseTranscript(edited)).toEqual([userMessage('Hi'), { role: 'assistant', content: [text('\nHello\n\n')] }]);
  });

  it('takes what stands before the first mark for an answer', () => {
    expect(parseTranscript('# Notes\n\n<!-- user message -->\n\nHi\n')).toEqual([
      { role: 'assistant', content: [text('# Notes')] },
      userMessage('Hi'),
    ]);
  });

  it('is read in time that grows with its length alone', () => {
    const opening = "<details class='tool-usage-details'>\n".repeat(20_000);
    const fences = `<details class='tool-usage-details'>\n${'\n'.repeat(200_000)}\`\`\`json\n${'```\n'.repeat(50_000)}`;
    expect(parseTranscript(opening + fences, { lenient: true })).toHaveLength(1);
  });
});
