import { describe, expect, test } from 'vitest';
import { type AssistantBlock, messageText, toolCalls, userMessage } from '../../message.ts';
import { completeTurn } from '../../model.ts';
import { cacheWriteCount, promptTokenCount, reportsCache } from '../../token-counts.ts';
import type { ScriptedBlock, ScriptedResponse, ScriptedUsage } from '../harness.ts';
import { deltaText, play, type Stage } from './play.ts';
import { agentRequest, toolResults } from './requests.ts';

const TEXT: ScriptedBlock = { type: 'text', pieces: ['Hel', 'lo, ', 'wörld 🎉', '!\n'] };
const CALLS: readonly ScriptedBlock[] = [
  { type: 'tool-call', id: 'call_1', name: 'read_file', pieces: ['{"pa', 'th":"no', 'tes.md","lines":3', '}'] },
  { type: 'tool-call', id: 'call_2', name: 'read_file', pieces: ['{"path":"', 'b.md"}'] },
];

/** What a model hears, when the vendor has an answer. */
export function describeAnswers(stage: Stage): void {
  describe('an answer', () => {
    test('of text comes in deltas, which add up to the message (E1, E2)', async () => {
      const { model } = await stage.open({ content: [TEXT] });
      const { events, turn } = await play(model, agentRequest());
      expect(turn).toMatchObject({ stopReason: 'end-turn', family: model.family });
      expect(messageText(turn.message)).toBe('Hello, wörld 🎉!\n');
      expect(deltaText(events, 'text-delta')).toBe('Hello, wörld 🎉!\n');
      expect(events.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(1);
    });

    test('tells when its blocks end, and their blocks are the message (E3)', async () => {
      const { model } = await stage.open({ content: [TEXT, ...CALLS] });
      const { events, turn } = await play(model, agentRequest());
      const ended = events.flatMap((event) => (event.type === 'block-end' ? [event] : []));
      ended.sort((one, other) => one.blockIndex - other.blockIndex);
      expect(ended.map(({ block }) => block)).toEqual(turn.message.content);
    });

    test('takes its time from a clock, and its first event from the response', async () => {
      const { model } = await stage.open({ content: [TEXT] });
      const before = Date.now();
      const { timing } = (await play(model, agentRequest())).turn;
      expect(timing.startedAt).toBeGreaterThanOrEqual(before);
      expect(timing.durationMs).toBeGreaterThanOrEqual(timing.firstTokenMs ?? Number.NaN);
    });

    test('may be cut at the output cap', async () => {
      const { model } = await stage.open({ content: [TEXT], stopReason: 'max-tokens' });
      expect((await play(model, agentRequest())).turn).toMatchObject({ stopReason: 'max-tokens' });
    });

    test('may be empty', async () => {
      const { model } = await stage.open({ content: [] });
      const { turn } = await play(model, agentRequest());
      expect(turn).toMatchObject({ stopReason: 'end-turn', message: { content: [] } });
    });

    test('is the same by its promise, by completeTurn and by its events', async () => {
      const { model } = await stage.open({ content: [TEXT, ...CALLS], usage: { fresh: 10, output: 5 } });
      const byEvents = (await play(model, agentRequest())).turn;
      const byPromise = await model.stream(agentRequest()).turn;
      const complete = await completeTurn(model, agentRequest());
      for (const { timing: _timing, ...turn } of [byPromise, complete]) expect(byEvents).toMatchObject(turn);
    });

    test('is not disturbed by what the vendor adds to its wire', async () => {
      const response: ScriptedResponse = { content: [TEXT, ...CALLS], usage: { fresh: 10, output: 5 } };
      const { model } = await stage.open(response, { ...response, hasStrangeEvents: true });
      const plain = (await play(model, agentRequest())).turn;
      const strange = (await play(model, agentRequest())).turn;
      expect(strange.message.content.map(withoutVendorFields)).toEqual(plain.message.content);
      expect(strange).toMatchObject({ stopReason: plain.stopReason, tokens: plain.tokens });
    });
  });
  describeCalls(stage);
  describeUsage(stage);
}

/** What it adds to a block may be kept for it. */
function withoutVendorFields(block: AssistantBlock): AssistantBlock {
  if (block.type === 'opaque') return block;
  const { vendorFields: _kept, ...rest } = block;
  return rest;
}

function describeCalls(stage: Stage): void {
  describe('an answer of tool calls', () => {
    test('gives each its own arguments, in the order they were made', async () => {
      const { model } = await stage.open({ content: [TEXT, ...CALLS] });
      const { turn } = await play(model, agentRequest());
      const calls = toolCalls(turn.message);
      expect(turn.stopReason).toBe('tool-use');
      expect(calls.map(({ name }) => name)).toEqual(['read_file', 'read_file']);
      expect(calls.map((call) => call.arguments)).toEqual([{ path: 'notes.md', lines: 3 }, { path: 'b.md' }]);
      expect(calls.map(({ argumentsText }) => JSON.parse(argumentsText))).toEqual(calls.map((call) => call.arguments));
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      if (!stage.lacks('call-ids')) expect(calls.map(({ id }) => id)).toEqual(['call_1', 'call_2']);
    });

    test('has the argument text to the byte', async ({ skip }) => {
      skip(stage.lacks('call-pieces'), 'This wire gives arguments parsed.');
      const pieces = ['{ "path": "a",', ' "n": 12345678901234', '567890.10, "u": "\\u00e9" }'];
      const { model } = await stage.open({ content: [{ type: 'tool-call', id: 'c', name: 'read_file', pieces }] });
      const [call] = toolCalls((await play(model, agentRequest())).turn.message);
      expect(call?.argumentsText).toBe(pieces.join(''));
    });

    test.each([[[]], [['{}']]])('may have no arguments: %j', async (pieces) => {
      const { model } = await stage.open({ content: [{ type: 'tool-call', id: 'c', name: 'list_files', pieces }] });
      const { turn } = await play(model, agentRequest());
      expect(toolCalls(turn.message)).toMatchObject([{ name: 'list_files', arguments: {} }]);
      expect(turn.stopReason).toBe('tool-use');
    });

    test('keeps arguments that are no JSON as text', async ({ skip }) => {
      skip(stage.lacks('call-pieces'), 'This wire gives arguments parsed.');
      const content: ScriptedBlock[] = [{ type: 'tool-call', id: 'c', name: 'read_file', pieces: ['{"path": "no'] }];
      const { model } = await stage.open({ content, stopReason: 'max-tokens' }, { content: [TEXT] });
      const { turn } = await play(model, agentRequest());
      expect(toolCalls(turn.message)).toMatchObject([{ arguments: null, argumentsText: '{"path": "no' }]);
      const next = agentRequest(turn.message, toolResults(turn.message));
      expect((await play(model, next)).turn.stopReason).toBe('end-turn');
    });

    test('can be sent back with its results', async () => {
      const { model, requests } = await stage.open({ content: [TEXT, ...CALLS] }, { content: [TEXT] });
      const { turn } = await play(model, agentRequest());
      const next = agentRequest(turn.message, toolResults(turn.message), userMessage('Go on.'));
      expect((await play(model, next)).turn.stopReason).toBe('end-turn');
      expect(requests()).toHaveLength(2);
      for (const said of ['Hello, wörld', 'notes.md', 'b.md', 'Result of read_file', 'Go on.']) {
        expect(requests()[1]).toContain(said);
      }
    });
  });
}

function describeUsage(stage: Stage): void {
  const answerWith = async (usage?: ScriptedUsage) => {
    const { model } = await stage.open({ content: [TEXT], ...(usage === undefined ? {} : { usage }) });
    return (await play(model, agentRequest())).turn;
  };

  describe('the counts of an answer', () => {
    test('are disjoint, and add up to the whole prompt (I1)', async () => {
      const usage = {
        fresh: 100,
        output: 20,
        ...(stage.lacks('cache-reads') ? {} : { cacheRead: 4000 }),
        ...(stage.lacks('cache-writes') ? {} : { cacheWrite: 300 }),
      };
      const turn = await answerWith(usage);
      const { cacheRead = 0, cacheWrite = 0 } = usage;
      expect(turn.tokens).toMatchObject({ fresh: 100, output: 20 });
      expect(promptTokenCount(turn.tokens)).toBe(100 + cacheRead + cacheWrite);
      expect(turn).toMatchObject({ cacheReadTokens: cacheRead, cacheWriteTokens: cacheWrite, usageState: 'final' });
      expect(turn.rawUsage).not.toBeNull();
    });

    test('are 0 where the vendor says 0 (I11)', async () => {
      const { tokens } = await answerWith({
        fresh: 0,
        output: 0,
        ...(stage.lacks('cache-reads') ? {} : { cacheRead: 0 }),
        ...(stage.lacks('cache-writes') ? {} : { cacheWrite: 0 }),
      });
      expect(tokens).toMatchObject({ fresh: 0, output: 0 });
      expect(tokens.cacheRead).toBe(stage.lacks('cache-reads') ? 'not-reported' : 0);
      expect(cacheWriteCount(tokens)).toBe(stage.lacks('cache-writes') ? 'not-reported' : 0);
    });

    test('are not reported where the vendor says nothing of caching (I11)', async () => {
      const turn = await answerWith({ fresh: 100, output: 20 });
      expect(turn.tokens).toMatchObject({ fresh: 100, output: 20, cacheRead: 'not-reported' });
      expect(reportsCache(turn.tokens)).toBe(false);
      expect(turn).toMatchObject({ cacheReadTokens: 0, cacheWriteTokens: 0 });
    });

    test('are not reported where the vendor says nothing at all (I11)', async () => {
      const turn = await answerWith();
      expect(turn).toMatchObject({ stopReason: 'end-turn', usageState: 'none', rawUsage: null });
      expect(turn.tokens).toMatchObject({ fresh: 'not-reported', output: 'not-reported' });
      expect(reportsCache(turn.tokens)).toBe(false);
    });
  });
}
