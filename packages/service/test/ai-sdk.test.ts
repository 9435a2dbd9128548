import { lastAssistantMessageIsCompleteWithApprovalResponses, type UIMessage, validateUIMessages } from 'ai';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type LiveService, liveService, TOKEN } from './support/live-service.ts';
import { type Piece, playedModel } from './support/played-model.ts';
import { pay, weather } from './support/tools.ts';
import { uiChat } from './support/ui-chat.ts';
import { untilEqual } from './support/until.ts';

/** What a message shows, without ids and metadata. */
function shown(message: UIMessage | undefined): unknown[] {
  return (message?.parts ?? []).flatMap((part): unknown[] => {
    if (part.type === 'text' || part.type === 'reasoning') return [[part.type, part.text, part.state]];
    if (!part.type.startsWith('tool-')) return [];
    const { type, state, input, output, errorText } = part as Record<string, unknown>;
    return [[type, state, input, output ?? errorText]];
  });
}

async function history({ url }: LiveService): Promise<UIMessage[]> {
  const response = await fetch(`${url}/v1/chat/chat/messages`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const { messages } = z.object({ messages: z.custom<UIMessage[]>() }).parse(await response.json());
  await validateUIMessages({ messages });
  return messages;
}

/** The first bytes of an answer, after which nothing more comes. */
function endless(response: Response, bytes: number): Response {
  let left = bytes;
  const dam = new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left < 0) await new Promise(() => {});
    },
  });
  return new Response(response.body?.pipeThrough(dam) ?? null, response);
}

describe("the AI SDK's chat", () => {
  it('shows thoughts, text, tool calls with their results, and what it came to', async () => {
    const calls: Piece[] = [
      { thinking: 'Let me look.' },
      { text: 'One moment.' },
      { call: ['c1', 'weather', '{"city":"Faro"}'] },
    ];
    const service = await liveService({
      model: playedModel(calls, [{ text: 'A T-shirt will do.' }]),
      tools: [weather],
    });
    const chat = uiChat(service);
    await chat.sendMessage({ text: 'What to wear in Faro?' });
    expect([chat.status, chat.error]).toEqual(['ready', undefined]);
    expect(chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(shown(chat.lastMessage)).toEqual([
      ['reasoning', 'Let me look.', 'done'],
      ['text', 'One moment.', 'done'],
      ['tool-weather', 'output-available', { city: 'Faro' }, 'Sunny in Faro.'],
      ['text', 'A T-shirt will do.', 'done'],
    ]);
    expect(chat.lastMessage?.parts.filter(({ type }) => type === 'step-start')).toHaveLength(2);
    expect(chat.lastMessage?.metadata).toMatchObject({
      sessionId: 'chat',
      reason: 'end-turn',
      totals: { turnCount: 2 },
    });
    expect(service.errors).toEqual([]);
  });

  it('sends its whole history, of which only the new message is taken', async () => {
    const model = playedModel([{ text: 'one' }], [{ text: 'two' }]);
    const service = await liveService({ model });
    const chat = uiChat(service);
    await chat.sendMessage({ text: 'first' });
    await chat.sendMessage({ text: 'second' });
    expect(chat.messages.map(({ parts }) => parts.flatMap((part) => ('text' in part ? part.text : [])))).toEqual([
      ['first'],
      ['one'],
      ['second'],
      ['two'],
    ]);
    expect(model.requests[1]?.messages).toMatchObject([{ role: 'user' }, { role: 'assistant' }, { role: 'user' }]);
  });

  it('comes back in mid-stream, and shows what it would have shown (N-15)', async () => {
    const gate = Promise.withResolvers<void>();
    const answer: Piece[] = [
      { thinking: 'hm' },
      { text: 'Half an answer' },
      { until: gate.promise },
      { text: ' and the rest.' },
    ];
    const service = await liveService({ model: playedModel(answer) });
    const first = uiChat(service);
    const sending = first.sendMessage({ text: 'Tell me.' });
    await untilEqual(() => shown(first.lastMessage).length, 2);
    await first.stop(); // hangs up, as a page that is closed does
    await sending;
    const second = uiChat(service, { messages: structuredClone(first.messages) });
    const resuming = second.resumeStream();
    await untilEqual(() => second.status, 'streaming');
    gate.resolve();
    await resuming;
    expect(second.messages).toHaveLength(2);
    expect(shown(second.lastMessage)).toEqual([
      ['reasoning', 'hm', 'done'],
      ['text', 'Half an answer', 'done'],
      ['text', ' and the rest.', 'done'],
    ]);
  });

  it('comes back after the end, and shows the whole answer, also when its page was loaded before', async () => {
    const service = await liveService({ model: playedModel([{ text: 'All of it.' }]) });
    const cut = uiChat(service, { fetch: async (...request) => endless(await fetch(...request), 400) });
    const sending = cut.sendMessage({ text: 'Tell me.' });
    await untilEqual(() => cut.messages.length, 2);
    await cut.stop();
    await sending;
    const { sessions } = service.client();
    await untilEqual(async () => (await sessions.get('chat')).state, 'idle');
    for (const messages of [cut.messages, await history(service)]) {
      const chat = uiChat(service, { messages: structuredClone(messages) });
      await chat.resumeStream();
      expect(chat.messages.map(shown)).toEqual([[['text', 'Tell me.', undefined]], [['text', 'All of it.', 'done']]]);
    }
  });

  it('does not come back to what was rewound', async () => {
    const service = await liveService({ model: playedModel([{ text: 'one' }], [{ text: 'two' }]) });
    const chat = uiChat(service);
    await chat.sendMessage({ text: 'first' });
    await chat.sendMessage({ text: 'second' });
    const { sessions } = service.client();
    const [first] = await Array.fromAsync(sessions.snapshots('chat', { scope: 'branch' }));
    await sessions.rewind('chat', { snapshotId: first?.id ?? '' });
    const loaded = uiChat(service, { messages: await history(service) });
    await loaded.resumeStream();
    expect(loaded.messages.map(shown)).toEqual([[['text', 'first', undefined]], [['text', 'one', 'done']]]);
  });

  it('has nothing to come back to in a chat that nobody has begun', async () => {
    const service = await liveService({ model: playedModel() });
    const chat = uiChat(service, { id: 'new' });
    await chat.resumeStream();
    expect([chat.status, chat.messages]).toEqual(['ready', []]);
  });

  it('shows the end of a run that was stopped elsewhere', async () => {
    const service = await liveService({ model: playedModel([{ text: 'I go on' }, { until: new Promise(() => {}) }]) });
    const chat = uiChat(service);
    const sending = chat.sendMessage({ text: 'Go on.' });
    await untilEqual(() => shown(chat.lastMessage), [['text', 'I go on', 'done']]);
    const { sessions } = service.client();
    for await (const { id } of sessions.runs('chat')) await sessions.run('chat', id).stop();
    await sending;
    expect(chat.status).toBe('ready');
    expect(chat.lastMessage?.metadata).toMatchObject({ reason: 'aborted' });
  });

  it('says what went wrong', async () => {
    const service = await liveService({ model: playedModel([{ text: 'Well,' }, { fail: 'the wire broke' }]) });
    const chat = uiChat(service);
    await chat.sendMessage({ text: 'Hi' });
    expect(chat.status).toBe('error');
    expect(chat.error?.message).not.toBe('');
    expect(shown(chat.lastMessage)).toEqual([['text', 'Well,', 'done']]);
  });

  it('takes an image along', async () => {
    const model = playedModel([{ text: 'A dot.' }]);
    const service = await liveService({ model });
    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const files = [{ type: 'file', mediaType: 'image/png', url: `data:image/png;base64,${png}` } as const];
    await uiChat(service).sendMessage({ text: 'What is it?', files });
    expect(model.requests[0]?.messages).toMatchObject([
      { content: [{ type: 'image', mediaType: 'image/png', data: png }, { text: 'What is it?' }] },
    ]);
  });
});

describe('an approval in the AI SDK (N-16)', () => {
  const answers: Piece[][] = [[{ call: ['c1', 'pay', '{"euros":5}'] }], [{ text: 'Done.' }]];

  it('is asked for, given, and carried out in the same message', async () => {
    const service = await liveService({ model: playedModel(...answers), tools: [pay] });
    const chat = uiChat(service, { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses });
    await chat.sendMessage({ text: 'Pay 5.' });
    const part = chat.lastMessage?.parts.at(-1);
    expect(part).toMatchObject({
      type: 'tool-pay',
      state: 'approval-requested',
      approval: { requestReason: 'It is money.' },
    });
    const id = part && 'approval' in part ? part.approval?.id : undefined;
    await chat.addToolApprovalResponse({ id: id ?? '', approved: true });
    await untilEqual(
      () => shown(chat.lastMessage),
      [
        ['tool-pay', 'output-available', { euros: 5 }, 'Paid 5.'],
        ['text', 'Done.', 'done'],
      ],
    );
    expect(chat.messages).toHaveLength(2);
  });

  it('that is refused is told to the model', async () => {
    const model = playedModel(...answers);
    const service = await liveService({ model, tools: [pay] });
    const chat = uiChat(service, { sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses });
    await chat.sendMessage({ text: 'Pay 5.' });
    const part = chat.lastMessage?.parts.at(-1);
    const id = part && 'approval' in part ? part.approval?.id : undefined;
    await chat.addToolApprovalResponse({ id: id ?? '', approved: false, reason: 'Too much.' });
    await untilEqual(() => model.requests.length, 2);
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({
      content: [{ isError: true, content: [{ text: 'Not approved: Too much.' }] }],
    });
    await untilEqual(() => chat.status, 'ready');
    expect(chat.messages).toHaveLength(2);
    expect(chat.lastMessage?.parts.find(({ type }) => type === 'tool-pay')).toMatchObject({
      state: 'output-denied',
      approval: { approved: false, reason: 'Not approved: Too much.' },
    });
  });

  it('and its end are replayed to a page that was loaded anew meanwhile', async () => {
    const gate = Promise.withResolvers<void>();
    const [asking = []] = answers;
    const service = await liveService({
      model: playedModel(asking, [{ until: gate.promise }, { text: 'Done.' }]),
      tools: [pay],
    });
    const chat = uiChat(service);
    await chat.sendMessage({ text: 'Pay 5.' });
    const { sessions } = service.client();
    const [approval] = await sessions.approvals('chat');
    await sessions.decide('chat', approval?.id ?? '', { isApproved: true, continue: true });
    const loaded = uiChat(service, { messages: structuredClone(chat.messages) });
    const resuming = loaded.resumeStream();
    await untilEqual(() => loaded.status, 'streaming');
    gate.resolve();
    await resuming;
    expect(loaded.messages).toHaveLength(2);
    expect(shown(loaded.lastMessage)).toEqual([
      ['tool-pay', 'output-available', { euros: 5 }, 'Paid 5.'],
      ['text', 'Done.', 'done'],
    ]);
  });
});

describe('the messages of a chat', () => {
  it('are what a chat shows that has heard them all', async () => {
    const calls: Piece[] = [
      { thinking: 'hm' },
      { text: 'One moment.' },
      { call: ['c1', 'weather', '{"city":"Faro"}'] },
    ];
    const answers: Piece[][] = [calls, [{ text: 'Sunny.' }], [{ call: ['c2', 'pay', '{"euros":5}'] }]];
    const service = await liveService({ model: playedModel(...answers), tools: [weather, pay] });
    const chat = uiChat(service);
    await chat.sendMessage({ text: 'Faro?' });
    await chat.sendMessage({ text: 'Pay 5.' });
    const loaded = await history(service);
    expect(loaded.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(loaded.map(shown)).toEqual(chat.messages.map(shown));
    expect(loaded.at(-1)?.parts.at(-1)).toMatchObject({ approval: { requestReason: 'It is money.' } });
  });

  it('leave out the answer under way, which is resumed from its beginning', async () => {
    const gate = Promise.withResolvers<void>();
    const answer: Piece[] = [{ text: 'Half' }, { until: gate.promise }, { text: ' and half.' }];
    const service = await liveService({
      model: playedModel([{ text: 'Hello.' }], [{ call: ['c1', 'weather', '{"city":"Faro"}'] }], answer),
      tools: [weather],
    });
    const chat = uiChat(service);
    await chat.sendMessage({ text: 'Hi' });
    const sending = chat.sendMessage({ text: 'Faro?' });
    await untilEqual(() => shown(chat.lastMessage).length, 2);
    const loaded = uiChat(service, { messages: await history(service) });
    expect(loaded.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    const resuming = loaded.resumeStream();
    await untilEqual(() => loaded.status, 'streaming');
    gate.resolve();
    await Promise.all([sending, resuming]);
    expect(loaded.messages.map(shown)).toEqual(chat.messages.map(shown));
  });
});

describe('a chat request', () => {
  it.each([
    ['of no message', { id: 'chat', messages: [] }, 422],
    ['of a file that would have to be fetched', { id: 'chat', messages: [userFile('https://example.org/a.png')] }, 422],
    ['that changes a message', { id: 'chat', messageId: 'm', messages: [{ id: 'm', role: 'user', parts: [] }] }, 422],
    ['that goes on with nothing', { id: 'none', trigger: 'regenerate-message', messages: [userFile('')] }, 404],
  ])('%s is refused', async (_, body, status) => {
    const { url } = await liveService({ model: playedModel() });
    const response = await fetch(`${url}/v1/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });
});

function userFile(url: string) {
  return { id: 'm', role: 'user', parts: [{ type: 'file', mediaType: 'image/png', url }] };
}
