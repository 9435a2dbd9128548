import { describe, expect, it } from 'vitest';
import { ProviderError } from '../src/errors.ts';
import { messageText, userMessage } from '../src/message.ts';
import { scriptedModel, textTurn, toolTurn } from '../src/testing/scripted-model.ts';
import { brokenStreamRules } from '../src/testing/stream-rules.ts';
import { collectEvents, collectTurn, deltaText, lastTurn, userRequest } from './support/collect-stream.ts';

const HI = userRequest('hi');

describe('a scripted model', () => {
  it('plays its steps in order and remembers what it was asked', async () => {
    const model = scriptedModel('one', textTurn('two', { tokens: { fresh: 7 } }), toolTurn(['c1', 'look', '{"at":1}']));
    expect(messageText((await collectTurn(model.stream(HI))).message)).toBe('one');
    const again = userRequest('again');
    expect((await collectTurn(model.stream(again))).tokens.fresh).toBe(7);
    expect(await collectTurn(model.stream(HI))).toMatchObject({
      stopReason: 'tool-use',
      message: { content: [{ type: 'tool-call', id: 'c1', name: 'look', arguments: { at: 1 } }] },
    });
    expect(model.requests).toEqual([HI, again, HI]);
    expect(model.unplayed).toBe(0);
    model.assertPlayed();
  });

  it('streams text in words and calls in pieces, as a vendor does', async () => {
    const argumentsText = '{"path":"some/where/far/away.txt 🎉"}';
    const { message } = toolTurn(['c1', 'look', argumentsText]);
    const thought = { type: 'thinking', text: 'Let me think.', signature: 's' } as const;
    const citation = { url: 'https://a.test' };
    const text = { type: 'text', text: 'I will  look.\n', citations: [citation] } as const;
    const turn = { message: { ...message, content: [thought, text, ...message.content] } };
    const events = await collectEvents(scriptedModel(turn).stream(HI));
    expect(brokenStreamRules(events)).toEqual([]);
    expect(events.filter(({ type }) => type === 'text-delta')).toHaveLength(3);
    expect(deltaText(events, 'text-delta')).toBe('I will  look.\n');
    expect(deltaText(events, 'thinking-delta')).toBe('Let me think.');
    expect(events).toContainEqual({ type: 'citation', blockIndex: 1, citation });
    const calls = events.flatMap((event) => (event.type === 'tool-call-delta' ? [event.argumentsText] : []));
    expect(calls[0]).toBe('');
    expect(calls.length).toBeGreaterThan(2);
    expect(calls.join('')).toBe(argumentsText);
    expect(lastTurn(events).message).toEqual(turn.message);
    expect(lastTurn(events).stopReason).toBe('tool-use');
  });

  it('asks a step that is a function what to answer', async () => {
    const model = scriptedModel(({ messages }) => `You said ${messages.length} things.`);
    const turn = await collectTurn(model.stream({ messages: [userMessage('a'), userMessage('b')] }));
    expect(messageText(turn.message)).toBe('You said 2 things.');
  });

  it('fails with the error of its step, and tries again only where it is told to', async () => {
    const busy = new ProviderError('provider/overloaded', 'busy');
    expect(await collectTurn(scriptedModel(busy, 'ok').stream(HI))).toMatchObject({ stopReason: 'error', error: busy });
    const retried = await collectEvents(scriptedModel(busy, 'ok').stream(HI, { retry: { maxDelayMs: 1 } }));
    expect(retried.map(({ type }) => type)).toEqual(['retry', 'text-delta', 'block-end', 'assistant-turn']);
  });

  it('fails where a step throws, and does not try that again', async () => {
    const model = scriptedModel(() => Promise.reject(new Error('a bug')), 'ok');
    const turn = await collectTurn(model.stream(HI, { retry: {} }));
    expect(turn.error).toMatchObject({ retryable: false, message: expect.stringContaining('a bug') });
    expect(model.unplayed).toBe(1);
  });

  it('fails on a request that it has no step for', async () => {
    const model = scriptedModel('one');
    await collectTurn(model.stream(HI));
    const turn = await collectTurn(model.stream(HI, { retry: {} }));
    expect(turn).toMatchObject({ stopReason: 'error', error: { message: expect.stringContaining('1 steps') } });
    expect(() => model.assertPlayed()).toThrow('1 steps, and 2 requests');
  });

  it('tells of steps that nobody played', () => {
    const model = scriptedModel('one', 'two');
    expect(model.unplayed).toBe(2);
    expect(() => model.assertPlayed()).toThrow('2 steps, and 0 requests');
  });

  it('refuses what no vendor would take, and counts it as no request', () => {
    const model = scriptedModel('one');
    expect(() => model.stream({ messages: [] })).toThrow('messages is empty');
    expect(model.unplayed).toBe(1);
  });

  it('keeps what had come when it is left or aborted', async () => {
    const abort = new AbortController();
    const { message } = toolTurn(['c1', 'look', '{"path":"a/long/way/to/go"}']);
    const turn = {
      message: { ...message, content: [{ type: 'text', text: 'Look here.' } as const, ...message.content] },
    };
    const heard = [];
    for await (const event of scriptedModel(turn).stream(HI, { signal: abort.signal })) {
      heard.push(event);
      if (event.type === 'tool-call-delta' && event.argumentsText !== '') abort.abort();
    }
    expect(brokenStreamRules(heard)).toEqual([]);
    expect(lastTurn(heard)).toMatchObject({ stopReason: 'aborted' });
    expect(lastTurn(heard).message.content).toEqual([{ type: 'text', text: 'Look here.' }]);
  });

  it('that waits for ever ends when its caller says so', async () => {
    const model = scriptedModel(() => new Promise<string>(() => {}));
    expect(await model.stream(HI, { timeoutMs: 5 }).turn).toMatchObject({ error: { code: 'provider/timeout' } });
  });
});
