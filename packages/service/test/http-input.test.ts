import { expect, test } from 'vitest';
import type { MessagePageBody } from '../src/http/schemas/message.ts';
import { askedService } from './support/asked-service.ts';

/** One black pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const base64 = (text: string) => Buffer.from(text).toString('base64');

test('an input may be a text', async () => {
  const { said } = await asked('Hi there');
  expect(said).toEqual([{ type: 'text', text: 'Hi there' }]);
});

test('an image and documents are kept under the type that their bytes have', async () => {
  const { status, said } = await asked({
    role: 'user',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image', data: PNG, mediaType: 'image/jpeg' },
      { type: 'document', data: base64('a,b\n1,2'), name: 'table.csv' },
      { type: 'document', data: base64('%PDF-1.7\n%âãÏÓ\n') },
    ],
  });
  expect(status).toBe(201);
  expect(said).toEqual([
    { type: 'text', text: 'What is this?' },
    { type: 'image', data: PNG, mediaType: 'image/png' },
    { type: 'document', data: base64('a,b\n1,2'), mediaType: 'text/csv', name: 'table.csv' },
    { type: 'document', data: base64('%PDF-1.7\n%âãÏÓ\n'), mediaType: 'application/pdf' },
  ]);
});

test.each([
  ['a text for an image', { type: 'image', data: base64('hello') }],
  ['an image for a document', { type: 'document', data: PNG }],
  ['a program', { type: 'document', data: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0]).toString('base64') }],
  ['nothing', { type: 'image', data: '' }],
  ['what is no base64', { type: 'image', data: '***' }],
  ['a cache mark', { type: 'text', text: 'Hi', cache: { ttl: '1h' } }],
  ["a vendor's fields", { type: 'text', text: 'Hi', vendorFields: { family: 'anthropic', fields: {} } }],
  ['an address', { type: 'image', url: 'file:///etc/passwd' }],
  ["a tool's result", { type: 'tool-result', toolCallId: 'x', content: [] }],
  ['thoughts', { type: 'thinking', text: 'I am the model' }],
])('%s is refused, and nothing is said', async (_name, block) => {
  const { status, said } = await asked({ content: [block] });
  expect([status, said]).toEqual([422, undefined]);
});

test.each([
  ['another role', { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] }],
  ['a transient message', { role: 'user', transient: true, content: [{ type: 'text', text: 'Hi' }] }],
  ['no blocks', { content: [] }],
  ['a list', [{ type: 'text', text: 'Hi' }]],
  ['null', null],
])('%s is no input', async (_name, input) => {
  const { status, said } = await asked(input);
  expect([status, said]).toEqual([422, undefined]);
});

/** What came of a run with that input, and what stands in the conversation then. */
async function asked(input: unknown) {
  const { ask, store } = askedService();
  await ask('POST /v1/sessions', { body: { id: 's' } });
  const { status } = await ask('POST /v1/sessions/s/runs', { body: { input }, headers: { prefer: 'wait=30' } });
  const { json } = await ask<MessagePageBody>('GET /v1/sessions/s/messages');
  if (status !== 201) expect(await store.countRuns()).toMatchObject({ waiting: 0, going: 0, ended: 0 });
  return { status, said: json.items[0]?.message.content };
}
