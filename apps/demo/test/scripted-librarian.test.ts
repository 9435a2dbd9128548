import type { JsonValue, Message } from '@reprise/providers';
import { toolCallBlock, userMessage } from '@reprise/providers';
import type { Reply, ReplyParts } from '@reprise/simulator';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../src/folder.ts';
import { keywordsOf } from '../src/librarian/keywords.ts';
import { scriptedLibrarian } from '../src/librarian/scripted-librarian.ts';
import { folderTools } from '../src/tools.ts';
import { tempFolder } from './support/temp-folder.ts';

interface Played {
  readonly messages: readonly Message[];
  /** Such as `search_text moon`. */
  readonly calls: readonly string[];
  readonly answer: string;
}

/** Plays a question to its answer, with the real tools on a real folder; `fails` names tools that do not work. */
async function play(
  root: string,
  question: string,
  before: readonly Message[] = [],
  fails: readonly string[] = [],
): Promise<Played> {
  const tools = folderTools(await openFolder(root));
  const messages: Message[] = [...before, userMessage(question)];
  const played: string[] = [];

  async function run(name: string, input: JsonValue): Promise<{ text: string; isError: boolean }> {
    const tool = tools.find(({ definition }) => definition.name === name);
    if (!tool || fails.includes(name)) return { text: 'broken', isError: true };
    const context = { signal: new AbortController().signal, toolCallId: '', idempotencyKey: '' };
    return { text: String(await tool.execute(input, context)), isError: false };
  }

  for (let turn = 0; turn < 10; turn += 1) {
    const { text = '', toolCalls = [] } = partsOf(scriptedLibrarian({ messages }));
    const calls = toolCalls.map((call, index) => ({ ...call, id: `call-${messages.length}-${index}` }));
    messages.push({
      role: 'assistant',
      content: [
        { type: 'text', text },
        ...calls.map(({ id, name, arguments: input }) => toolCallBlock(id, name, JSON.stringify(input))),
      ],
    });
    if (calls.length === 0) return { messages, calls: played, answer: text };
    const results = [];
    for (const { id, name, arguments: input = {} } of calls) {
      played.push(`${name} ${Object.values(Object(input)).join(' ')}`.trim());
      const { text, isError } = await run(name, input);
      results.push({
        type: 'tool-result' as const,
        toolCallId: id,
        toolName: name,
        content: [{ type: 'text' as const, text }],
        isError,
      });
    }
    messages.push({ role: 'tool', content: results });
  }
  throw new Error('The librarian never answers.');
}

function partsOf(reply: Reply): ReplyParts {
  return typeof reply === 'string' ? { text: reply } : reply;
}

const LIBRARY = {
  'docs/moon.md': 'The moon\n\nThe moon is made of stone, and has been for a very long time.\n',
  'src/tide.ts': '// The tide rises twice a day because the moon pulls the sea.\nexport const tide = 2;\n',
  'package-lock.json': '"moon": "moon", "stone": "tide moon stone"\n',
};

describe('the scripted librarian', () => {
  it('looks, searches, reads, and quotes real lines with their place', async () => {
    const { calls, answer } = await play(tempFolder(LIBRARY), 'What is the moon made of, stone?');
    expect(calls).toEqual(['list_files', 'search_text stone', 'search_text moon', 'read_file docs/moon.md']);
    expect(answer).toContain('> docs/moon.md:3: The moon is made of stone, and has been for a very long time.');
  });

  it('asks for other tools when the question is another', async () => {
    const { calls, answer } = await play(tempFolder(LIBRARY), 'Why does the tide rise?');
    expect(calls).toEqual(['list_files', 'search_text tide', 'search_text rise', 'read_file src/tide.ts']);
    expect(answer).toContain('> src/tide.ts:1: // The tide rises twice a day because the moon pulls the sea.');
  });

  it('asks for other tools when the files are others', async () => {
    const { calls } = await play(tempFolder({ 'notes/stars.txt': 'The tide of stars.' }), 'Why does the tide rise?');
    expect(calls.at(-1)).toBe('read_file notes/stars.txt');
  });

  it('remembers the list of files from the question before', async () => {
    const root = tempFolder(LIBRARY);
    const { messages } = await play(root, 'Why does the tide rise?');
    expect((await play(root, 'What about stone?', messages)).calls[0]).toBe('search_text stone');
  });

  it('is a function of the conversation', async () => {
    const { messages } = await play(tempFolder(LIBRARY), 'Why does the tide rise?');
    const open = messages.slice(0, 3);
    expect(scriptedLibrarian({ messages: open })).toEqual(scriptedLibrarian({ messages: structuredClone(open) }));
  });

  it('searches again for the beginnings of words, then says honestly that there is nothing', async () => {
    const { calls, answer } = await play(tempFolder(LIBRARY), 'Where is the refrigerator?');
    expect(calls).toEqual(['list_files', 'search_text refrigerator', 'search_text refri']);
    expect(answer).toContain('I found nothing');
    expect(answer).not.toContain('>');
  });

  it('says that there are no files', async () => {
    expect((await play(tempFolder(), 'Where is the moon?')).answer).toContain('There is no file here');
  });

  it('answers a question about the whole from what introduces it', async () => {
    const root = tempFolder({
      'src/a.ts': '',
      'README.md': 'A library of very short books about the moon and the tide.',
    });
    const { calls, answer } = await play(root, 'What is this?');
    expect(calls).toEqual(['list_files', 'read_file README.md']);
    expect(answer).toContain('> README.md:1: A library of very short books');
  });

  it('does not take a repeated question for an answer', async () => {
    const root = tempFolder({ ...LIBRARY, 'faq.md': 'Why does the tide rise?\n' });
    const { answer } = await play(root, 'Why does the tide rise?');
    expect(answer).not.toContain('faq.md');
  });

  it('does not take a transcript of its own for a source', async () => {
    const transcript =
      '```\nturn 2   Searching for tide and rise.\n         the tide does rise, somebody was told\n```\n';
    const { answer } = await play(tempFolder({ ...LIBRARY, 'README.md': transcript }), 'Why does the tide rise?');
    expect(answer).toContain('> src/tide.ts:1:');
    expect(answer).not.toContain('somebody was told');
  });

  it('answers from its searches if no file can be read', async () => {
    const { answer } = await play(tempFolder(LIBRARY), 'Why does the tide rise?', [], ['read_file']);
    expect(answer).toContain('> src/tide.ts:1:');
  });

  it('gives up honestly if no tool works', async () => {
    const { answer } = await play(tempFolder(LIBRARY), 'Why?', [], ['list_files', 'search_text', 'read_file']);
    expect(answer).toContain('I cannot answer that');
  });
});

describe('the keywords of a question', () => {
  it.each([
    ['How does a session survive a crash?', ['session', 'survive', 'crash']],
    ['Where are the TOKEN counts read?', ['token', 'count', 'read']],
    ['What is `decode-usage.ts`?', ['decode-usage.ts']],
    ['Was ist ein Schlüssel?', ['schlüssel', 'ist', 'ein']],
    ['What is this?', []],
  ])('of "%s"', (question, stems) => {
    expect(keywordsOf(question).map(({ stem }) => stem)).toEqual(stems);
  });
});
