import { expect } from 'vitest';
import { pendingTurn, userEntry } from '../../src/testing/builders.ts';
import { attempt, type Play, rightOf } from './game.ts';
import { callPlace, forget, forgetRuns, isNeeded, lastTurn, madeBy } from './session-model.ts';

const effects = ['pure', 'idempotent', 'effect'] as const;

export async function label({ game: { store, model }, pick, choice, name }: Play): Promise<void> {
  const snapshots = [...model.snapshots.values()];
  const snapshot = snapshots[pick % Math.max(1, snapshots.length)];
  if (snapshot === undefined) return;
  const text = choice % 3 === 0 ? null : name;
  await store.labelSnapshot({ snapshotId: snapshot.id, label: text });
  snapshot.label = text;
}

export async function deleteSnapshots(play: Play): Promise<void> {
  const { game, session, choice } = play;
  const { fenced, refusal } = rightOf(play);
  const doomed = madeBy(game.model, session.id).filter((_, at) => (at + choice) % (2 + (choice % 3)) === 0);
  const ids = new Set(doomed.map(({ id }) => id));
  const needed = doomed.some((each) => isNeeded(game.model, each, ids)) && 'checkpoint/invalid-write';
  const deletion = { sessionId: session.id, snapshotIds: [...ids], ...fenced };
  await attempt(
    () => game.store.deleteSnapshots(deletion),
    [refusal, needed],
    () => {
      for (const id of ids) game.model.snapshots.delete(id);
    },
  );
}

export async function deleteSession(play: Play): Promise<void> {
  const { game, session } = play;
  const { fenced, refusal } = rightOf(play);
  const deletion = { sessionId: session.id, ...fenced };
  await attempt(
    () => game.store.deleteSession(deletion),
    [refusal],
    () => forget(game.model, session),
  );
}

/** Takes a session out of the store and puts it back: nothing is different but its lease and its runs, which are gone. */
export async function transplant(play: Play): Promise<void> {
  const { game, session } = play;
  const { fenced, refusal } = rightOf(play);
  const move = async () => {
    const dump = await game.store.dumpSession(session.id);
    await game.store.deleteSession({ sessionId: session.id, ...fenced });
    await game.store.restoreSession(dump);
  };
  await attempt(move, [refusal], () => {
    session.lease = undefined;
    forgetRuns(game.model, session.id);
  });
}

export async function startCall(play: Play): Promise<void> {
  const { game, session, choice, index } = play;
  const { fenced, refusal } = rightOf(play);
  const { turnId, position, place, call, missing } = callOf(play);
  const effect = call?.effect ?? effects[choice % 3] ?? 'pure';
  const again = choice === 11;
  const isOver = call !== undefined && (call.outcome !== null || (effect === 'effect' && !again));
  const words = { toolCallId: 'c', toolName: 't', idempotencyKey: place };
  const start = { sessionId: session.id, turnId, position, effect, again, startedAt: index, ...words, ...fenced };
  const refusals = [refusal, missing, isOver && 'checkpoint/tool-call-started'] as const;
  await attempt(
    () => game.store.startToolCall(start),
    refusals,
    () => {
      game.model.calls.set(place, { effect, attempts: (call?.attempts ?? 0) + 1, outcome: null });
    },
  );
}

export async function finishCall(play: Play): Promise<void> {
  const { game, session, name, index } = play;
  const { fenced, refusal } = rightOf(play);
  const { turnId, position, call, missing } = callOf(play);
  const finish = { sessionId: session.id, turnId, position, outcome: name, at: index, ...fenced };
  const refusals = [refusal, missing, call === undefined && 'checkpoint/invalid-write'] as const;
  await attempt(
    () => game.store.finishToolCall(finish),
    refusals,
    () => {
      if (call) call.outcome ??= name;
    },
  );
}

/** An append as a round of tools ends with it: results, a call that ran without an intent, and mostly the note of the next request. */
export async function round(play: Play): Promise<void> {
  const { game, session, choice, name, index } = play;
  const { fenced, refusal } = rightOf(play);
  const { turnId, position, place, call, missing } = callOf(play);
  const { sessionId, expectedTip } = { sessionId: session.id, expectedTip: session.branch.tip };
  const entries = choice % 5 === 0 ? [] : [userEntry(`results ${choice % 2}`)];
  const turn = choice % 3 === 0 ? undefined : pendingTurn(`turn-${name}`);
  const words = { toolCallId: 'c', toolName: 't', idempotencyKey: place, startedAt: index };
  const ran = { turnId, position, effect: 'pure', outcome: name, finishedAt: index, ...words } as const;
  const isStarted = call?.effect === 'effect' && call.outcome === null;
  await attempt(
    () =>
      game.store.appendEntries({
        ...{ sessionId, expectedTip, entries, ranCalls: [ran], at: index, ...fenced },
        ...(turn && { turn }),
      }),
    [refusal, missing, isStarted && 'checkpoint/tool-call-started'],
    ({ tip }) => {
      session.tips.push(tip);
      session.branch = { ...session.branch, tip, entries: [...session.branch.entries, ...entries] };
      if (turn) session.pending = turn.id;
      if (call?.outcome !== undefined && call.outcome !== null) return;
      const { effect = 'pure', attempts = 0 } = call ?? {};
      game.model.calls.set(place, { effect, attempts: attempts + 1, outcome: name });
    },
  );
}

export async function acquire({ game: { store, model }, session, choice, claim, name }: Play): Promise<void> {
  const { lease } = session;
  const takesOver = claim === 'right' && choice % 2 === 0 && lease !== undefined;
  const isLive = lease?.isHeld && model.now < lease.expiresAt;
  const request = { sessionId: session.id, holder: name, ttlMs: 100 };
  const asked = takesOver ? { ...request, takeOverFence: lease.fence } : request;
  const busy = isLive && !takesOver && 'checkpoint/session-busy';
  await attempt(
    () => store.acquireLease(asked),
    [busy],
    ({ fence, expiresAt }) => {
      expect(fence).toBe((lease?.fence ?? 0) + 1);
      session.lease = { fence, isHeld: true, expiresAt };
    },
  );
}

export async function release({ game: { store }, session, claim }: Play): Promise<void> {
  const { lease } = session;
  const fence = (lease?.fence ?? 1) - (claim === 'stale' ? 1 : 0);
  await store.releaseLease({ sessionId: session.id, holder: 'any', fence, expiresAt: 0, interruptRequested: false });
  if (lease && fence === lease.fence) lease.isHeld = false;
}

export async function wait({ game: { model }, choice }: Play): Promise<void> {
  model.now += choice * 10;
}

export async function reopen({ game }: Play): Promise<void> {
  await game.store.close();
  game.store = await game.open();
}

/** One of two calls of the last turn of the branch. */
function callOf({ game: { model }, session, choice }: Play) {
  const turnId = lastTurn(session.branch)?.id ?? 'nowhere';
  const position = choice % 2;
  const place = callPlace(turnId, position);
  const missing = turnId === 'nowhere' ? ('checkpoint/turn-missing' as const) : undefined;
  return { turnId, position, place, call: model.calls.get(place), missing };
}
