import { AgentError, type AgentEvent, initialState } from '@reprise/agent';
import { CheckpointError } from '@reprise/checkpoint';
import { assistantTurn, ProviderError, toolCallBlock } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { encodeEvent, toWire } from '../src/wire/encode-event.ts';
import { isWithheld, toldError } from '../src/wire/told-error.ts';

const encode = (event: object) => encodeEvent({ ...event, sequence: 7 } as AgentEvent);

const turn = assistantTurn({
  message: { role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] },
  tokens: { fresh: 1_000_000, cacheRead: 0, output: 0 },
  family: 'anthropic',
  model: 'claude-opus-5',
  timing: { startedAt: Date.UTC(2026, 10, 1), durationMs: 5 },
  rawUsage: { input_tokens: 1_000_000, secret_of_the_account: 'x' },
});

describe('an event as clients hear of it', () => {
  it('is the same without its place in the attempt, its type first', () => {
    const delta = { type: 'text-delta', blockIndex: 0, text: 'Hi' };
    expect(JSON.stringify(encode(delta))).toBe(JSON.stringify(delta));
    const call = toolCallBlock('c', 'echo', '{"n":12345678901234567890}');
    expect(encode({ type: 'tool-start', call })).toEqual({ type: 'tool-start', call });
  });

  it('of a turn has its totals, its snapshot and what it cost, and nothing of the history or of the bill itself', () => {
    const state = { ...initialState(), messages: [turn.message], turnCount: 1 };
    const told = encode({ type: 'turn-end', turn, state, snapshot: { id: 'snap' } });
    const { messages: _, ...totals } = state;
    expect(told).toMatchObject({ type: 'turn-end', snapshotId: 'snap', totals, turn: { stopReason: 'end-turn' } });
    expect(told?.type === 'turn-end' && BigInt(told.turn.costPicoUsd ?? 0)).toBeGreaterThan(0n);
    expect(JSON.stringify(told)).not.toMatch(/rawUsage|secret_of_the_account|"messages"/);
  });

  it('of a turn without a price says that there is none, and not that it was free (I11)', () => {
    const unpriced = { ...turn, family: 'unknown', model: 'my-own', rawUsage: null };
    const told = encode({ type: 'turn-end', turn: unpriced, state: initialState() });
    expect(told).toMatchObject({ turn: { costPicoUsd: null } });
  });

  it('has money as text, an error as its code and message, and leaves out what is undefined', () => {
    const error = new ProviderError('provider/overloaded', 'Overloaded (request req_1 of org_2)', { cause: 'x' });
    const price = { promptTokens: 5, warmPicoUsd: 12_345_678_901_234_567_890n, coldPicoUsd: undefined };
    expect(JSON.parse(JSON.stringify(toWire({ price, error })))).toEqual({
      price: { promptTokens: 5, warmPicoUsd: '12345678901234567890' },
      error: { code: 'provider/overloaded', message: "The model's vendor is overloaded." },
    });
  });

  it('of an approval names the session as the client knows it', () => {
    const approval = { id: 'x', sessionId: 'acme/a/b', turnId: 't', position: 0, call: toolCallBlock('c', 'e', '{}') };
    expect(encode({ type: 'approval-needed', approval })).toMatchObject({ approval: { sessionId: 'a/b' } });
  });

  it('is none for what the service tells in its own way', () => {
    const events = [
      { type: 'run-start', runId: 'r' },
      { type: 'assistant-turn', turn },
      { type: 'message-found', messages: [], state: initialState() },
      { type: 'run-end', reason: 'end-turn', state: initialState() },
    ];
    expect(events.map(encode)).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe('an error as clients hear of it (I10)', () => {
  it('keeps its words where they speak of what was asked', () => {
    const error = new ProviderError('provider/context-window', 'prompt is too long: 210000 tokens > 200000 maximum');
    expect(toldError(error)).toEqual({ code: 'provider/context-window', message: error.message });
    expect(isWithheld(error)).toBe(false);
  });

  it('says no more than its code where they may name hosts, paths, accounts or others', () => {
    const secret = 'sk-ant-123 at /var/lib/db on host-7 of org_9';
    const errors = [
      new ProviderError('provider/auth', `Incorrect API key provided: ${secret}`),
      new ProviderError('provider/rate-limited', `Limit of ${secret}`),
      new ProviderError('provider/network', `connect ECONNREFUSED ${secret}`),
      new AgentError('agent/session-busy', `It is held by ${secret}`),
      new AgentError('agent/hook-failed', secret),
    ];
    for (const error of errors) {
      expect(toldError(error)).toEqual({ code: error.code, message: expect.not.stringContaining('host-7') });
      expect(isWithheld(error)).toBe(true);
    }
  });

  it('is an internal one where clients have nothing to do with it', () => {
    const errors = [
      new CheckpointError('checkpoint/unavailable', 'cannot open /var/lib/sessions.db'),
      new AgentError('agent/unreadable-entry', 'entry sha256:1'),
      new TypeError("Cannot read properties of undefined (reading 'key')"),
      Object.assign(new Error('x'), { code: 'ENOENT' }),
      Object.assign(new Error('x'), { code: '__proto__' }),
      Object.assign(new Error('x'), { code: 'toString' }),
    ];
    for (const error of errors) {
      expect(toldError(error)).toEqual({ code: 'service/internal', message: 'Something went wrong in the service.' });
    }
  });
});
