import { describe, expect, it } from 'vitest';
import { encodeRequest as encodeAnthropic } from '../src/anthropic/encode/encode-request.ts';
import { toolCallBlock } from '../src/assemble-message.ts';
import { freezeMessage } from '../src/frozen.ts';
import type { AssistantMessage, Message, ToolMessage, ToolResultBlock } from '../src/message.ts';
import { userMessage } from '../src/message.ts';
import { encodeRequest as encodeOllama } from '../src/ollama/encode-request.ts';
import { encodeRequest as encodeChat } from '../src/openai/chat/encode-request.ts';
import { planChatMarks } from '../src/openai/chat/place-marks.ts';
import { encodeRequest as encodeResponses } from '../src/openai/responses/encode-request.ts';
import { vendorNamed } from '../src/openai/vendors.ts';

const PNG = { type: 'image', mediaType: 'image/png', data: 'cG5n' } as const;
const GIF = { type: 'image', mediaType: 'image/gif', data: 'Z2lm' } as const;
const SVG = { type: 'image', mediaType: 'image/svg+xml', data: 'c3Zn' } as const;
const PNG_PART = { type: 'image_url', image_url: { url: 'data:image/png;base64,cG5n' } };

/** Three calls, whose results come in two messages. */
const ROUND: readonly Message[] = [
  userMessage('draw'),
  asked('a', 'b', 'c'),
  results(result('a', [text('A zebra.'), PNG]), result('b', [text('None.')])),
  results(result('c', [PNG, PNG], true)),
];
const HISTORY: readonly Message[] = [
  ...ROUND,
  { role: 'assistant', content: [text('Nice.')] },
  userMessage('again'),
  asked('d'),
  results(result('d', [PNG])),
  userMessage('and then?'),
];

const ENCODERS: Readonly<Record<string, (messages: readonly Message[]) => Encoded>> = {
  anthropic: (messages) => encodeAnthropic({ messages }, 'claude-opus-5'),
  'openai-chat': (messages) => encodeChat({ messages }, 'gpt-5.2', vendorNamed('openai')),
  'openai-responses': (messages) => encodeResponses({ messages }, 'gpt-5.2'),
  ollama: (messages) => encodeOllama({ messages }, 'llama4'),
};

interface Encoded {
  readonly body: { readonly messages?: readonly unknown[]; readonly input?: readonly unknown[] };
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

const wireMessages = (dialect: string, messages: readonly Message[]): readonly unknown[] => {
  const { body } = ENCODERS[dialect]?.(messages) ?? {};
  return body?.messages ?? body?.input ?? [];
};

describe('images in the results of a round', () => {
  it('stand in one user message behind its last result in Chat Completions, each after its name', () => {
    expect(wireMessages('openai-chat', ROUND).slice(2)).toEqual([
      {
        role: 'tool',
        tool_call_id: 'a',
        content: 'A zebra.\n[image 1: in the message after the tool results]',
      },
      { role: 'tool', tool_call_id: 'b', content: 'None.' },
      {
        role: 'tool',
        tool_call_id: 'c',
        content:
          'Error: [image 2: in the message after the tool results]\n[image 3: in the message after the tool results]',
      },
      {
        role: 'user',
        content: [
          text('[image 1, from the result of tool draw]'),
          PNG_PART,
          text('[image 2, from the result of tool draw]'),
          PNG_PART,
          text('[image 3, from the result of tool draw]'),
          PNG_PART,
        ],
      },
    ]);
  });

  it('stand there for Ollama too, in its list of images', () => {
    expect(wireMessages('ollama', HISTORY).slice(-3)).toEqual([
      { role: 'tool', tool_name: 'draw', content: '[image 1: in the message after the tool results]' },
      { role: 'user', content: '[image 1, from the result of tool draw]', images: ['cG5n'] },
      { role: 'user', content: 'and then?' },
    ]);
  });

  it.each(['anthropic', 'openai-responses'])('stand in the result itself for %s', (dialect) => {
    expect(JSON.stringify(wireMessages(dialect, ROUND).slice(2)).match(/cG5n/g)).toHaveLength(3);
    expect(wireMessages(dialect, ROUND)).toHaveLength(wireMessages(dialect, withoutImages(ROUND)).length);
  });

  it('do not change what a history without any is', () => {
    for (const dialect of Object.keys(ENCODERS)) {
      expect(JSON.stringify(wireMessages(dialect, withoutImages(HISTORY)))).not.toContain('image');
    }
  });
});

describe.each(Object.keys(ENCODERS))('a longer history with images in %s', (dialect) => {
  const bytes = (messages: readonly Message[]) => JSON.stringify(wireMessages(dialect, messages)).slice(0, -1);

  it('only adds to a shorter one, whatever of it was remembered (I3)', () => {
    const frozen = HISTORY.map((message) => freezeMessage(message));
    for (let length = HISTORY.length; length > 0; length -= 1) {
      expect(bytes(HISTORY).startsWith(bytes(HISTORY.slice(0, length)))).toBe(true);
      expect(bytes(frozen.slice(0, length))).toBe(bytes(HISTORY.slice(0, length)));
    }
    expect(bytes(frozen)).toBe(bytes(HISTORY));
  });
});

it('a mark after a round with images stands in the message that holds them, and on no other in the next request (I3)', () => {
  const openai = vendorNamed('openai');
  const marksOf = (messages: readonly Message[]) =>
    planChatMarks({ messages, system: 'Be exact. '.repeat(2000), cache: 'last_user_message' }, 'gpt-5.6', openai).marks;
  // The system prompt is `messages[0]`; the user's message with the images comes behind three results.
  expect(marksOf(ROUND).map(({ path }) => path)).toContain('messages[6].content[5]');
  const later = marksOf([...ROUND, { role: 'assistant', content: [text('Nice.')] }, userMessage('again')]);
  expect(later.map(({ path }) => path)).toContain('messages[8]');
});

describe.each(Object.keys(ENCODERS))('what %s does not take of a tool', (dialect) => {
  it('is words and a warning, in a failed call as well', () => {
    const encoded = ENCODERS[dialect]?.([userMessage('draw'), asked('a'), results(result('a', [SVG], true))]);
    expect(JSON.stringify(encoded?.body)).toContain(
      '[image of type image/svg+xml was left out: it cannot be shown here]',
    );
    expect(JSON.stringify(encoded?.body)).not.toContain(SVG.data);
    expect(encoded?.warnings).toEqual([
      expect.objectContaining({
        code: 'request/tool-media-left-out',
        message: expect.stringMatching(/messages\[2\].* tool draw .*image\/svg\+xml/),
      }),
    ]);
  });

  it('is what it is for the type of the file', () => {
    const leftOut = [PNG, GIF, SVG].filter((image) =>
      JSON.stringify(ENCODERS[dialect]?.([results(result('a', [image]))]).body).includes('was left out'),
    );
    expect(leftOut).toEqual(dialect === 'ollama' ? [GIF, SVG] : [SVG]);
  });
});

describe('a document, which a history written elsewhere may hold', () => {
  const pdf = { type: 'document', mediaType: 'application/pdf', data: 'cGRm', name: 'a.pdf' };
  const messages: readonly Message[] = [userMessage('draw'), asked('a'), results(foreign(result('a', []), pdf))];

  it.each(['anthropic', 'openai-chat', 'openai-responses'])('reaches the model in %s', (dialect) => {
    expect(JSON.stringify(wireMessages(dialect, messages))).toContain('cGRm');
  });

  it('is left out for Ollama', () => {
    expect(JSON.stringify(wireMessages('ollama', messages))).toContain(
      '[document of type application/pdf was left out',
    );
  });
});

function asked(...ids: readonly string[]): AssistantMessage {
  return { role: 'assistant', content: ids.map((id) => toolCallBlock(id, 'draw', '{}')) };
}

function results(...content: readonly ToolResultBlock[]): ToolMessage {
  return { role: 'tool', content };
}

function result(toolCallId: string, content: ToolResultBlock['content'], isError = false): ToolResultBlock {
  return { type: 'tool-result', toolCallId, toolName: 'draw', content, isError };
}

function foreign(block: ToolResultBlock, document: object): ToolResultBlock {
  return JSON.parse(JSON.stringify({ ...block, content: [document] }));
}

function withoutImages(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) =>
    message.role === 'tool'
      ? results(
          ...message.content.map((each) => ({ ...each, content: each.content.filter(({ type }) => type === 'text') })),
        )
      : message,
  );
}

function text(value: string): { readonly type: 'text'; readonly text: string } {
  return { type: 'text', text: value };
}
