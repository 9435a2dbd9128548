import type { ApprovalRequest, DecidedApproval } from '@reprise/agent';
import { type Entry, openMemoryStore } from '@reprise/checkpoint';
import { toolCallBlock } from '@reprise/providers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  decodeHistory,
  type EncodedEntry,
  encodeApprovalDecision,
  encodeApprovalRequest,
  encodeMessage,
} from '../src/session/record.ts';
import { guardedTool, openPlay, play } from './support/approvals.ts';
import { textTurn, toolTurn } from './support/scripted-stream.ts';

const noBlobs = { readBlobs: async () => new Map() };

function entryOf({ entry }: EncodedEntry): Entry {
  const { blobs: _none, ...content } = entry;
  return { ...content, id: 'sha256:entry', parent: null, createdAt: 0 };
}

const anyRequest: fc.Arbitrary<ApprovalRequest> = fc.record(
  {
    id: fc.string(),
    sessionId: fc.string(),
    turnId: fc.uuid(),
    position: fc.nat(),
    call: fc
      .tuple(fc.string(), fc.constantFrom('{"n":12345678901234567890,"rate":1.10}', '{"n":1e3}', '', '{"n'))
      .map(([id, argumentsText]) => toolCallBlock(id, 'pay', argumentsText)),
    reason: fc.string({ unit: 'binary' }),
    requestedAt: fc.nat(),
  },
  { requiredKeys: ['id', 'sessionId', 'turnId', 'position', 'call', 'requestedAt'] },
);

const anyDecision: fc.Arbitrary<DecidedApproval> = fc.record(
  { id: fc.string(), isApproved: fc.boolean(), decidedAt: fc.nat(), reason: fc.string(), by: fc.string() },
  { requiredKeys: ['id', 'isApproved', 'decidedAt'] },
);

describe('entries of approvals (N-16)', () => {
  it('give what was written, in the order it was written, and are no messages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRequest), fc.array(anyDecision), async (requests, decisions) => {
        const message = { role: 'user', content: [{ type: 'text', text: 'hi' }] } as const;
        const encoded = [
          encodeMessage(message),
          ...requests.map(encodeApprovalRequest),
          ...decisions.map(encodeApprovalDecision),
        ];
        const { messages, approvals } = await decodeHistory(noBlobs, encoded.map(entryOf));
        expect(messages).toEqual([message]);
        expect(JSON.stringify(approvals)).toBe(JSON.stringify({ requests, decisions }));
      }),
    );
  });

  it.each([
    ['approval-request', '{"v":3,"request":{"id":"a"}}'],
    ['approval-request', '{"v":2,"decision":{"id":"a"}}'],
    ['approval-decision', '{"v":2,"decision":{"id":7}}'],
    ['approval-decision', '{"v":2'],
  ])('of kind %s that hold %s are refused, and named', async (kind, payload) => {
    const entry = { id: 'sha256:entry', parent: null, createdAt: 0, kind, payload };
    await expect(decodeHistory(noBlobs, [entry])).rejects.toMatchObject({
      code: 'agent/unreadable-entry',
      message: expect.stringContaining('sha256:entry'),
    });
  });

  it('are of the act to the digit, also where a double is not, and are read without media', async () => {
    const store = openMemoryStore();
    const argumentsText = '{"account":12345678901234567890}';
    const input = z.record(z.string(), z.unknown());
    const pay = guardedTool('pay', { input });
    const { session } = await openPlay(store, [toolTurn(['c', 'pay', argumentsText])], { tools: [pay.tool] });
    const { asked } = await play(session.send('pay'));
    expect(asked[0]?.call.argumentsText).toBe(argumentsText);
    const readBlobs = () => Promise.reject(new Error('no media'));
    const { session: again } = await openPlay(store, [], { tools: [pay.tool] });
    expect(await again.approvals()).toEqual([{ request: asked[0], state: 'waiting' }]);
    const next = await openPlay({ ...store, readBlobs }, [textTurn('done')], { tools: [pay.tool] });
    expect(await next.session.approvals()).toEqual([{ request: asked[0], state: 'waiting' }]);
    expect((await play(next.session.send())).asked).toEqual(asked);
  });
});
