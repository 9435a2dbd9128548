import {
  type AssistantBlock,
  type Message,
  type TextBlock,
  type ToolCallBlock,
  type ToolMessage,
  type ToolResultBlock,
  toolCallBlock,
  type UserBlock,
} from '@reprise/providers';
import fc from 'fast-check';
import { anyMessage } from './messages.ts';

/** Pieces of text that a careless reader would take for the transcript's own. */
const TRICKY = [
  '\n',
  '\n\n',
  '\r\n',
  '\\',
  ' ',
  '```json\n',
  '```\n',
  '</details>\n',
  "<details class='tool-usage-details'>\n",
  "\n<details class='message-block'>",
  "<details class='token-usage-details'>",
  '\n<!-- user message -->\n#### User',
  '\n<!-- assistant message {"responseId":"r"} -->\n\n',
  '\n\\<!-- tool message -->',
  '<!-- text-end -->\n',
  '#### Assistant\n',
  '<TRUNCATED>',
  '-->',
  '\u2028',
  '\ufeff',
  '{"id":"a","call":{"function":"f","arguments":{}},"result":"x"}\n',
  'word ',
  '🧠',
  '\ud83e',
];

const anyText = fc.oneof(
  fc.array(fc.constantFrom(...TRICKY), { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.integer({ min: 20, max: 120 }).map((length) => 'long '.repeat(length)),
);

const vendorFields = fc.record({
  family: fc.constantFrom('anthropic', 'openai-responses'),
  fields: fc.dictionary(fc.string(), fc.constantFrom<string | number>('-->', 'x', 7), { maxKeys: 2 }),
});

const richText: fc.Arbitrary<TextBlock> = fc.record(
  {
    type: fc.constant('text' as const),
    text: anyText,
    citations: fc.array(fc.record({ url: anyText }), { maxLength: 2 }),
    vendorFields,
  },
  { requiredKeys: ['type', 'text'] },
);

const argumentsText = fc.oneof(
  anyText,
  fc.json(),
  fc.tuple(anyText, anyText).map(([key, text]) => JSON.stringify({ [key]: [text], __proto__: { text } })),
  fc.constantFrom(
    '',
    '{}',
    ' { "a" : 1.10 } ',
    '{"a":12345678901234567890}',
    '{"b":1,"a":2,"b":3}',
    '[1e3]',
    'null',
    '"',
  ),
);

/** Ids and names from few, so that they repeat. */
const anyCall: fc.Arbitrary<ToolCallBlock> = fc
  .tuple(
    fc.constantFrom('call-1', 'call-2', ''),
    fc.constantFrom('look_up', 'edit'),
    argumentsText,
    fc.option(vendorFields),
  )
  .map(([id, name, text, own]) => ({ ...toolCallBlock(id, name, text), ...(own ? { vendorFields: own } : {}) }));

const anyResultContent = fc.oneof(
  fc.array(richText, { maxLength: 2 }),
  anyText.map((text) => [{ type: 'text' as const, text }]),
  // The last two are the same bytes.
  fc.constantFrom('QUJD', 'QUI=', 'QUJ=').map((data) => [{ type: 'image' as const, mediaType: 'image/png', data }]),
);

/** Results of another call, too. */
function mostly(text: string): fc.Arbitrary<string> {
  return fc.integer({ min: 0, max: 9 }).map((number) => (number === 0 ? 'another' : text));
}

function resultOf({ id, name }: ToolCallBlock): fc.Arbitrary<ToolResultBlock> {
  return fc.record({
    type: fc.constant('tool-result' as const),
    toolCallId: mostly(id),
    toolName: mostly(name),
    content: anyResultContent,
    isError: fc.boolean(),
  });
}

const blocksWithCalls: fc.Arbitrary<readonly AssistantBlock[]> = fc.array(
  fc.oneof<fc.Arbitrary<AssistantBlock>[]>(richText, anyCall),
  { maxLength: 5 },
);

/** A response and the results of all its calls. */
const exchange: fc.Arbitrary<readonly Message[]> = blocksWithCalls.chain((content) => {
  const calls = content.filter((block) => block.type === 'tool-call');
  const answer: Message = { role: 'assistant', content };
  const results = fc.tuple(...calls.map(resultOf)).map((blocks): ToolMessage => ({ role: 'tool', content: blocks }));
  return results.map((message) => (calls.length === 0 ? [answer] : [answer, message]));
});

const question: fc.Arbitrary<readonly Message[]> = fc
  .array<UserBlock>(richText, { maxLength: 3 })
  .map((content) => [{ role: 'user', content }]);

/** Any history, sendable or not: exchanges, orphans, files, what looks like a transcript. */
export const anyHistory: fc.Arbitrary<readonly Message[]> = fc
  .array(
    fc.oneof(
      exchange,
      question,
      anyMessage.map((message) => [message]),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.flat());
