import type { AssistantBlock, Block, ImageBlock, Message, TextBlock, UserBlock } from '@reprise/providers';
import { toolCallBlock } from '@reprise/providers';
import fc from 'fast-check';

/** Any JSON text with numbers as vendors write them, those that a double would change among them. */
const exactJson = fc
  .tuple(fc.constantFrom('12345678901234567890', '1.10', '1e3', '-0', '0.1', '7'), fc.string())
  .map(([number, text]) => `{"n":${number},"t":${JSON.stringify(text)}}`);

// Unpaired surrogates too: a vendor's text is cut where it likes.
const anyText = fc.string({ unit: 'binary', maxLength: 30 });

const base64 = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  // What its own bytes would not give again.
  fc.constantFrom('AB', 'QUJD\nREVG', 'a-_b', '%%%', 'QUI=QUI='),
);

const text: fc.Arbitrary<TextBlock> = fc.record({ type: fc.constant('text' as const), text: anyText });

const image: fc.Arbitrary<ImageBlock> = fc.record({
  type: fc.constant('image' as const),
  mediaType: fc.constantFrom('image/png', 'image/webp'),
  data: base64,
});

const document: fc.Arbitrary<UserBlock> = fc.record(
  { type: fc.constant('document' as const), mediaType: fc.constant('application/pdf'), data: base64, name: anyText },
  { requiredKeys: ['type', 'mediaType', 'data'] },
);

const thinking: fc.Arbitrary<AssistantBlock> = fc.record({
  type: fc.constant('thinking' as const),
  text: anyText,
  signature: anyText,
});

const call: fc.Arbitrary<AssistantBlock> = fc
  .tuple(fc.uuid(), exactJson)
  .map(([id, argumentsText]) => toolCallBlock(id, 'look_up', argumentsText));

/** A vendor's own block, whose fields only look like ours. */
const opaque: fc.Arbitrary<AssistantBlock> = base64.map((data) => ({
  type: 'opaque' as const,
  family: 'anthropic',
  data: { type: 'image', data, deeper: { type: 'image', data: { blob: data } } },
}));

const result = fc.record({
  type: fc.constant('tool-result' as const),
  toolCallId: fc.uuid(),
  toolName: anyText,
  content: fc.array(fc.oneof(text, image), { maxLength: 3 }),
  isError: fc.boolean(),
});

const blocks = <Kind extends Block>(...kinds: readonly fc.Arbitrary<Kind>[]) =>
  fc.array(fc.oneof(...kinds), { maxLength: 4 });

/** Any message of any role, with every kind of block. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ role: fc.constant('user' as const), content: blocks<UserBlock>(text, image, document) }),
  fc.record(
    {
      role: fc.constant('assistant' as const),
      content: blocks<AssistantBlock>(text, thinking, call, opaque),
      responseId: fc.uuid(),
    },
    { requiredKeys: ['role', 'content'] },
  ),
  fc.record({ role: fc.constant('tool' as const), content: fc.array(result, { maxLength: 3 }) }),
);
