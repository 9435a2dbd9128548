import { expect, test } from 'vitest';
import { toolIntent } from './every-call.ts';
import { commitTurns, createSession, everythingIn, expectRefusal, leaving, type StoreSuite } from './suite.ts';

export function describeToolJournal({ store, open }: StoreSuite): void {
  const sessionWithTurn = async () => {
    await createSession(store(), 'a');
    await commitTurns(store(), 'a', ['1', '2']);
  };
  const finish = (position: number, outcome: string, given: { sessionId?: string; turnId?: string } = {}) =>
    store().finishToolCall({ sessionId: 'a', turnId: 'turn-2', position, outcome, at: 20, ...given });

  test('I5 the intent of a call is durable before its outcome, and then both are (N-10)', async () => {
    await sessionWithTurn();
    const intent = toolIntent('turn-2', 0, 'effect');
    const started = await store().startToolCall(intent);
    expect(started).toEqual({ ...intent, attempts: 1, outcome: null, finishedAt: null });
    expect(await (await open()).readToolCalls('turn-2')).toEqual([started]);
    const finished = await finish(0, '{ "é": 1e400 }');
    expect(finished).toEqual({ ...started, outcome: '{ "é": 1e400 }', finishedAt: 20 });
    expect(await (await open()).readToolCalls('turn-2')).toEqual([finished]);
    expect(await store().readToolCalls('turn-1')).toEqual([]);
  });

  test('the calls of a turn are read in their order, whichever started first', async () => {
    await sessionWithTurn();
    for (const position of [2, 0, 10, 1]) await store().startToolCall(toolIntent('turn-2', position));
    expect((await store().readToolCalls('turn-2')).map(({ position }) => position)).toEqual([0, 1, 2, 10]);
  });

  test.each(['pure', 'idempotent'] as const)(
    'I5 a call of effect %s is started again, and the attempts are counted (N-10)',
    async (effect) => {
      await sessionWithTurn();
      const intent = toolIntent('turn-2', 0, effect);
      await store().startToolCall(intent);
      await store().startToolCall({ ...intent, startedAt: 11 });
      const third = await store().startToolCall({ ...intent, startedAt: 12 });
      expect(third).toEqual({ ...intent, attempts: 3, startedAt: 12, outcome: null, finishedAt: null });
      expect(await store().readToolCalls('turn-2')).toEqual([third]);
    },
  );

  test('I5 a call that must not run twice is not started twice, unless its owner wants it (N-10)', async () => {
    await sessionWithTurn();
    const intent = toolIntent('turn-2', 0, 'effect');
    const first = await store().startToolCall(intent);
    await expectRefusal(store().startToolCall({ ...intent, startedAt: 11 }), 'checkpoint/tool-call-started');
    await expectRefusal(store().startToolCall({ ...intent, again: false }), 'checkpoint/tool-call-started');
    expect(await store().readToolCalls('turn-2')).toEqual([first]);
    const again = await store().startToolCall({ ...intent, startedAt: 11, again: true });
    expect(again).toEqual({ ...first, attempts: 2, startedAt: 11 });
  });

  test('I5 of two who start a call that must not run twice one does (N-10)', async () => {
    await sessionWithTurn();
    const other = await open();
    const starts = [store(), other, store(), other].map((each) =>
      each.startToolCall(toolIntent('turn-2', 0, 'effect')),
    );
    const outcomes = await Promise.allSettled(starts);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(3).fill('checkpoint/tool-call-started'));
    expect(await store().readToolCalls('turn-2')).toMatchObject([{ attempts: 1 }]);
  });

  test.each(['pure', 'idempotent', 'effect'] as const)(
    'I5 a call of effect %s that has its outcome never starts again',
    async (effect) => {
      await sessionWithTurn();
      const intent = toolIntent('turn-2', 0, effect);
      await store().startToolCall(intent);
      const finished = await finish(0, '"done"');
      for (const again of [false, true]) {
        await expectRefusal(store().startToolCall({ ...intent, again }), 'checkpoint/tool-call-started');
      }
      expect(await store().readToolCalls('turn-2')).toEqual([finished]);
    },
  );

  test('the first outcome of a call stays', async () => {
    await sessionWithTurn();
    await store().startToolCall(toolIntent('turn-2', 0));
    const first = await finish(0, '"first"');
    expect(await finish(0, '"second"')).toEqual(first);
    expect(await store().readToolCalls('turn-2')).toEqual([first]);
  });

  test('a call belongs to a turn of the ledger, and an outcome to a call that was started', async () => {
    await sessionWithTurn();
    const before = await everythingIn(store(), 'a');
    await expectRefusal(store().startToolCall(toolIntent('nowhere', 0)), 'checkpoint/turn-missing');
    await expectRefusal(finish(0, '1', { turnId: 'nowhere' }), 'checkpoint/turn-missing');
    await expectRefusal(finish(0, '1'), 'checkpoint/invalid-write');
    expect(await everythingIn(store(), 'a')).toEqual(before);
  });

  test('a call that cannot be kept is refused', async () => {
    await sessionWithTurn();
    const intent = toolIntent('turn-2', 0);
    const broken = [
      { position: -1 },
      { position: 0.5 },
      { toolName: '\0' },
      { idempotencyKey: '\ud800' },
      { startedAt: Number.NaN },
    ];
    for (const given of broken) {
      await expectRefusal(store().startToolCall({ ...intent, ...given }), 'checkpoint/invalid-write');
    }
    expect(await store().readToolCalls('turn-2')).toEqual([]);
    const started = await store().startToolCall(intent);
    await expectRefusal(finish(0, '"\0"'), 'checkpoint/invalid-write');
    expect(await store().readToolCalls('turn-2')).toEqual([started]);
  });

  test('I5 a fork finds what the tools of its origin have done, and its origin what the fork’s did (N-10)', async () => {
    await sessionWithTurn();
    await store().startToolCall(toolIntent('turn-2', 0, 'effect'));
    await finish(0, '"sent"');
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    const ofFork = { ...toolIntent('turn-2', 1, 'effect'), sessionId: 'fork' };
    await expectRefusal(store().startToolCall({ ...ofFork, position: 0 }), 'checkpoint/tool-call-started');
    await store().startToolCall(ofFork);
    await finish(1, '"sent, too"', { sessionId: 'fork' });
    await expectRefusal(store().startToolCall(toolIntent('turn-2', 1, 'effect')), 'checkpoint/tool-call-started');
    const calls = await store().readToolCalls('turn-2');
    expect(calls.map(({ sessionId, outcome }) => [sessionId, outcome])).toEqual([
      ['a', '"sent"'],
      ['fork', '"sent, too"'],
    ]);
  });

  test('a call that a fork starts again is the fork’s', async () => {
    await sessionWithTurn();
    await store().startToolCall(toolIntent('turn-2', 0, 'idempotent'));
    await store().forkSession({ id: 'fork', snapshotId: 'snapshot-2', createdAt: 1 });
    const again = await store().startToolCall({ ...toolIntent('turn-2', 0, 'idempotent'), sessionId: 'fork' });
    expect(again).toMatchObject({ sessionId: 'fork', attempts: 2, idempotencyKey: 'turn-2/0' });
  });

  test('I5 a session that is rewound to a turn finds what its tools have done (N-10)', async () => {
    await sessionWithTurn();
    await store().startToolCall(toolIntent('turn-2', 0, 'effect'));
    const finished = await finish(0, '"sent"');
    await commitTurns(store(), 'a', ['3']);
    await store().rewindSession({ sessionId: 'a', snapshotId: 'snapshot-2', leaving: leaving('left'), at: 1 });
    expect(await store().readToolCalls('turn-2')).toEqual([finished]);
  });
}
