import { HttpAgent } from '@ag-ui/client';
import { EventSchemas } from '@ag-ui/core/schemas';
import { describe, expect, it } from 'vitest';
import { type LiveService, liveService, TOKEN } from './support/live-service.ts';
import { type Piece, playedModel } from './support/played-model.ts';
import { pay, weather } from './support/tools.ts';
import { untilEqual } from './support/until.ts';

const authorization = `Bearer ${TOKEN}`;

function agUiAgent({ url }: LiveService, threadId = 'thread'): HttpAgent {
  return new HttpAgent({ url: `${url}/v1/ag-ui`, headers: { authorization }, threadId });
}

/** Adds a message of the person's and runs the agent. */
function say(agent: HttpAgent, id: string, content: string, runId?: string) {
  agent.addMessage({ id, role: 'user', content });
  return agent.runAgent(runId === undefined ? {} : { runId });
}

/** The events of a run as they came over the wire, each checked against AG-UI's own schema. */
async function wireEvents({ url }: LiveService, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/v1/ag-ui`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ tools: [], context: [], state: {}, forwardedProps: {}, ...body }),
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  const frames = [...text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
  for (const frame of frames) expect(EventSchemas.parse(frame)).toEqual(frame);
  return { text, frames };
}

describe("AG-UI's own client", () => {
  it('gets thoughts, text, tool calls and their results as messages', async () => {
    const calls: Piece[] = [
      { thinking: 'Let me look.' },
      { text: 'One moment.' },
      { call: ['c1', 'weather', '{"city":"Faro"}'] },
    ];
    const service = await liveService({
      model: playedModel(calls, [{ text: 'A T-shirt will do.' }]),
      tools: [weather],
    });
    const agent = agUiAgent(service);
    const { result } = await say(agent, 'm1', 'What to wear in Faro?');
    expect(result).toEqual({ reason: 'end-turn', text: 'A T-shirt will do.' });
    expect(agent.messages).toMatchObject([
      { id: 'm1', role: 'user' },
      { role: 'reasoning', content: 'Let me look.' },
      {
        role: 'assistant',
        content: 'One moment.',
        toolCalls: [{ id: 'c1', function: { name: 'weather', arguments: '{"city":"Faro"}' } }],
      },
      { role: 'tool', toolCallId: 'c1', content: 'Sunny in Faro.' },
      { role: 'assistant', content: 'A T-shirt will do.' },
    ]);
    expect(service.errors).toEqual([]);
  });

  it('sends its whole history, of which only the new message is taken', async () => {
    const model = playedModel([{ text: 'one' }], [{ text: 'two' }]);
    const agent = agUiAgent(await liveService({ model }));
    await say(agent, 'm1', 'first');
    await say(agent, 'm2', 'second');
    expect(agent.messages.map(({ content }) => content)).toEqual(['first', 'one', 'second', 'two']);
    expect(model.requests[1]?.messages).toMatchObject([{ role: 'user' }, { role: 'assistant' }, { role: 'user' }]);
  });

  it('is asked to approve a call, and its answer is carried out (N-16)', async () => {
    const service = await liveService({
      model: playedModel([{ call: ['c1', 'pay', '{"euros":5}'] }], [{ text: 'Done.' }]),
      tools: [pay],
    });
    const agent = agUiAgent(service);
    await say(agent, 'm1', 'Pay 5.');
    expect(agent.pendingInterrupts).toMatchObject([{ reason: 'tool_call', message: 'It is money.', toolCallId: 'c1' }]);
    const [interrupt] = agent.pendingInterrupts;
    await agent.runAgent({
      resume: [{ interruptId: interrupt?.id ?? '', status: 'resolved', payload: { approved: true } }],
    });
    expect(agent.pendingInterrupts).toEqual([]);
    expect(agent.messages.slice(1)).toMatchObject([
      { role: 'assistant', toolCalls: [{ id: 'c1' }] },
      { role: 'tool', toolCallId: 'c1', content: 'Paid 5.' },
      { role: 'assistant', content: 'Done.' },
    ]);
  });

  it('comes back with the id of its run, and has every message once (N-15)', async () => {
    const gate = Promise.withResolvers<void>();
    const answer: Piece[] = [
      { thinking: 'hm' },
      { text: 'Half an answer' },
      { until: gate.promise },
      { text: ' and the rest.' },
    ];
    const service = await liveService({ model: playedModel(answer) });
    const first = agUiAgent(service);
    const hungUp = say(first, 'm1', 'Tell me.', 'run-1').catch(() => {});
    await untilEqual(() => first.messages.map(({ content }) => content), ['Tell me.', 'hm', 'Half an answer']);
    first.abortRun();
    await hungUp;
    const second = agUiAgent(service);
    second.setMessages(first.messages.slice(0, 1));
    const running = second.runAgent({ runId: 'run-1' });
    gate.resolve();
    await running;
    expect(second.messages.map(({ content }) => content)).toEqual(['Tell me.', 'hm', 'Half an answer and the rest.']);
    const { sessions } = service.client();
    expect((await sessions.runs('thread').page()).items).toHaveLength(1);
  });

  it('hears that a run was stopped, and that one failed', async () => {
    const answers: Piece[][] = [[{ text: 'I go on' }, { until: new Promise(() => {}) }], [{ fail: 'the wire broke' }]];
    const service = await liveService({ model: playedModel(...answers) });
    const outcomes: unknown[] = [];
    const agent = agUiAgent(service);
    agent.subscribe({
      onRunFinishedEvent: ({ event }) => void outcomes.push(event.outcome),
      onRunErrorEvent: ({ event }) => void outcomes.push(event.code),
    });
    const running = say(agent, 'm1', 'Go on.');
    await untilEqual(() => agent.messages.at(-1)?.content, 'I go on');
    const { sessions } = service.client();
    for await (const { id } of sessions.runs('thread')) await sessions.run('thread', id).stop();
    await running;
    await say(agent, 'm2', 'And now?');
    expect(outcomes).toEqual([{ type: 'cancelled' }, expect.stringMatching(/^provider\//)]);
  });
});

describe('the events of a run as AG-UI has them', () => {
  it('keep to its schema, and tell what the run used', async () => {
    const service = await liveService({
      model: playedModel([{ thinking: 'hm' }, { call: ['c1', 'weather', '{"city":"Faro"}'] }], [{ text: 'Sunny.' }]),
      tools: [weather],
    });
    const messages = [{ id: 'm1', role: 'user', content: [{ type: 'text', text: 'Faro?' }] }];
    const { frames } = await wireEvents(service, { threadId: 't', runId: 'r', messages });
    expect(frames.at(0)).toEqual({ type: 'RUN_STARTED', threadId: 't', runId: 'r', protocolVersion: '1.0' });
    expect(frames.at(-1)).toMatchObject({
      type: 'RUN_FINISHED',
      outcome: { type: 'success' },
      usage: [{ model: 'played', inputTokens: 30, cachedInputTokens: 10, outputTokens: 6, totalTokens: 36 }],
    });
  });

  it('are the rest of the same ones for a client that has some', async () => {
    const service = await liveService({ model: playedModel([{ thinking: 'hm' }, { text: 'Hello' }]) });
    const body = { threadId: 't', runId: 'r', messages: [{ id: 'm1', role: 'user', content: 'Hi' }] };
    const { text } = await wireEvents(service, body);
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id = '']) => id);
    expect(ids.length).toBeGreaterThan(4);
    for (const id of ids) {
      const rest = text.slice(text.indexOf(`id: ${id}\n`)).replace(/^.*?\n\n/s, '');
      expect((await wireEvents(service, body, { 'last-event-id': id })).text).toBe(rest);
    }
  });

  it('give a call another id that a model repeats', async () => {
    const again: Piece[] = [{ call: ['c1', 'weather', '{"city":"Faro"}'] }];
    const service = await liveService({ model: playedModel(again, again, [{ text: 'Twice.' }]), tools: [weather] });
    const agent = agUiAgent(service);
    await say(agent, 'm1', 'Twice, please.');
    const calls = agent.messages.flatMap((message) => ('toolCalls' in message ? (message.toolCalls ?? []) : []));
    expect(calls.map(({ id }) => id)).toEqual(['c1', 'c1~2']);
    expect(agent.messages.flatMap((message) => ('toolCallId' in message ? message.toolCallId : []))).toEqual([
      'c1',
      'c1~2',
    ]);
  });
});

describe('an AG-UI request', () => {
  const user = { id: 'm', role: 'user', content: 'Hi' };
  it.each([
    ['that answers a call of a tool', { messages: [{ id: 'm', role: 'tool', toolCallId: 'c', content: '' }] }, 422],
    [
      'that answers an interrupt with something else',
      { messages: [user], resume: [{ interruptId: 'a', status: 'resolved' }] },
      422,
    ],
    ['of an empty message', { messages: [{ ...user, content: '' }] }, 422],
    ['that goes on with a thread that is not there', { messages: [] }, 404],
  ])('%s is refused', async (_, body, status) => {
    const { url } = await liveService({ model: playedModel() });
    const response = await fetch(`${url}/v1/ag-ui`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ threadId: 't', runId: 'r', ...body }),
    });
    expect(response.status).toBe(status);
  });
});
