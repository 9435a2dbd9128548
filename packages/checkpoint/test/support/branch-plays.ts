import type { TurnCommit } from '../../src/index.ts';
import { ledgerRow, pendingTurn, tokenColumns, turnCommit, userEntry } from '../../src/testing/builders.ts';
import { expectRefusal } from '../../src/testing/store-conformance.ts';
import { attempt, type Game, type Play, rightOf } from './game.ts';
import { isIdKept, lastTurn, newSession } from './session-model.ts';

export async function createNew({ store, model }: Game, id: string, createdAt: number): Promise<void> {
  const { tip } = await store.createSession({ id, createdAt });
  model.sessions.set(id, newSession(id, { tip, entries: [], turns: [] }));
}

/** Sometimes with the id of a session that was deleted. */
export async function create({ game, choice, name, index }: Play): Promise<void> {
  const [deleted] = game.model.deletedIds;
  const id = choice % 2 === 0 && deleted !== undefined ? deleted : name;
  const isTaken = game.model.sessions.has(id) || isIdKept(game.model, id);
  if (isTaken) await expectRefusal(game.store.createSession({ id, createdAt: index }), 'checkpoint/session-exists');
  else await createNew(game, id, index);
}

export async function fork({ game: { store, model }, pick, choice, name, index }: Play): Promise<void> {
  const snapshots = [...model.snapshots.values()];
  const origin = snapshots[(pick * 12 + choice) % Math.max(1, snapshots.length)];
  if (origin === undefined) return;
  await store.forkSession({ id: name, snapshotId: origin.id, createdAt: index });
  model.sessions.set(name, newSession(name, origin.branch));
}

export async function append(play: Play): Promise<void> {
  const { game, session, choice, index } = play;
  const { fenced, refusal } = rightOf(play);
  const entries = ['yes', 'no', 'yes'].slice(0, choice % 4).map(userEntry);
  const write = { sessionId: session.id, expectedTip: session.branch.tip, entries, at: index, ...fenced };
  await attempt(
    () => game.store.appendEntries(write),
    [refusal],
    ({ tip }) => {
      session.tips.push(tip);
      session.branch = { ...session.branch, tip, entries: [...session.branch.entries, ...entries] };
    },
  );
}

export async function commit(play: Play): Promise<void> {
  const { game, session, choice, index } = play;
  const { fenced, refusal } = rightOf(play);
  const write = { ...commitOf(play, session.branch.tip), ...fenced };
  await attempt(
    () => game.store.commitTurn(write),
    [refusal],
    ({ tip }) => {
      const { entries, turns } = session.branch;
      const snapshotId = write.snapshot.id;
      const costPicoUsd = BigInt(index);
      const turn = { id: write.turn.id, sessionId: session.id, snapshotId, fresh: choice + 1, costPicoUsd };
      const branch = { tip, entries: [...entries, write.entry], turns: [...turns, turn] };
      session.branch = branch;
      session.ledger.push({ turn, branch });
      session.tips.push(tip);
      session.pending = undefined;
      const made = { id: snapshotId, sessionId: session.id, reason: 'turn', branch, label: null } as const;
      game.model.snapshots.set(snapshotId, made);
    },
  );
}

/** A commit for a tip that the session had before. */
export async function stale(play: Play): Promise<void> {
  const { game, session } = play;
  const { fenced, refusal } = rightOf(play);
  const old = session.tips.find((tip) => tip !== session.branch.tip) ?? 'sha256:00';
  await expectRefusal(game.store.commitTurn({ ...commitOf(play, old), ...fenced }), refusal ?? 'checkpoint/tip-moved');
}

export async function begin(play: Play): Promise<void> {
  const { game, session, name } = play;
  const { fenced, refusal } = rightOf(play);
  const turn = pendingTurn(`turn-${name}`);
  const write = { sessionId: session.id, expectedTip: session.branch.tip, turn, ...fenced };
  await attempt(
    () => game.store.beginTurn(write),
    [refusal],
    () => {
      session.pending = turn.id;
    },
  );
}

export async function abandon(play: Play): Promise<void> {
  const { game, session } = play;
  const { fenced, refusal } = rightOf(play);
  await attempt(
    () => game.store.abandonTurn({ sessionId: session.id, ...fenced }),
    [refusal],
    () => {
      session.pending = undefined;
    },
  );
}

/** Mostly to where the session may go, and now and then to where it is, or to any snapshot there is. */
export async function rewind(play: Play): Promise<void> {
  const { game, session, pick, choice, name, index } = play;
  const { fenced, refusal } = rightOf(play);
  const snapshots = [...game.model.snapshots.values()];
  const own = snapshots.filter(({ sessionId, reason, branch }) => {
    const turnId = lastTurn(branch)?.id;
    return sessionId === session.id || (reason === 'turn' && session.branch.turns.some(({ id }) => id === turnId));
  });
  const among = choice < 10 ? own : snapshots;
  const stays = choice === 9 && session.branch.turns.length > 0;
  const target = stays ? undefined : among[(pick + choice) % Math.max(1, among.length)];
  const isRefused = !stays && (target === undefined || !own.includes(target));
  const missing = isRefused && 'checkpoint/snapshot-missing';
  const leaving = { ...commitOf(play, '').snapshot, id: `left-${name}` };
  const snapshotId = stays ? leaving.id : (target?.id ?? 'nowhere');
  const write = { sessionId: session.id, snapshotId, leaving, at: index, ...fenced };
  await attempt(
    () => game.store.rewindSession(write),
    [refusal, missing],
    () => {
      const made = {
        id: leaving.id,
        sessionId: session.id,
        reason: 'rewind',
        branch: session.branch,
        label: null,
      } as const;
      game.model.snapshots.set(leaving.id, made);
      session.branch = target?.branch ?? session.branch;
      session.tips.push(session.branch.tip);
    },
  );
}

/** The commit of a turn with one of two answers, whose snapshot has the totals of its branch. */
function commitOf({ session, choice, name, index }: Play, expectedTip: string): TurnCommit {
  const fresh = choice + 1;
  const turn = ledgerRow(`turn-${name}`, { tokens: tokenColumns({ fresh }), costPicoUsd: BigInt(index) });
  const commit = turnCommit({ sessionId: session.id, expectedTip }, { name, turnNumber: choice % 2, turn });
  const input = session.branch.turns.reduce((sum, each) => sum + each.fresh, fresh);
  const tokenSnapshot = { ...commit.snapshot.tokenSnapshot, input };
  return { ...commit, snapshot: { ...commit.snapshot, tokenSnapshot }, at: index };
}
