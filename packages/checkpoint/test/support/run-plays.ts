import { expect } from 'vitest';
import type { RunAppend, RunAppendResult, RunRange, RunRecord, RunState } from '../../src/index.ts';
import { expectRefusal } from '../../src/testing/store-conformance.ts';
import { attempt, type Game, type Play } from './game.ts';
import type { Model, ModelRun } from './session-model.ts';

/** Now and then with the id of a run that is there. Some are of one time. */
export async function askRun({ game, session, choice, name, index }: Play): Promise<void> {
  const { store, model } = game;
  const taken = choice === 0 ? [...model.runs.keys()].at(-1) : undefined;
  const run = { id: taken ?? `run-${name}`, sessionId: session.id, request: `request ${name}`, at: index >> 2 };
  await attempt(
    () => store.createRun(run),
    [taken !== undefined && 'checkpoint/run-exists'],
    (created) => {
      const { id, sessionId, request, at: createdAt } = run;
      const empty = { attempt: 0, holder: null, stopRequested: false, startedAt: null, endedAt: null, outcome: null };
      const asked: ModelRun = { id, sessionId, request, createdAt, state: 'waiting', events: [], ...empty };
      model.runs.set(id, asked);
      expect(created).toEqual(recordOf(asked));
    },
  );
}

export async function takeUpRun(play: Play): Promise<void> {
  const { store, model } = play.game;
  const run = someRun(play);
  const id = run?.id ?? 'nowhere';
  const holder = `holder ${play.name}`;
  const missing = run === undefined && 'checkpoint/run-missing';
  await attempt(
    () => store.takeUpRun({ runId: id, holder, at: play.index }),
    [missing, run?.state === 'ended' && 'checkpoint/run-ended'],
    (taken) => {
      if (run === undefined) return;
      const { attempt, startedAt } = run;
      const next = { attempt: attempt + 1, startedAt: startedAt ?? play.index };
      model.runs.set(id, { ...run, state: 'going', holder, ...next });
      expect(taken).toEqual(recordOf(model.runs.get(id)));
    },
  );
}

/** To up to three runs at once, one of them gone, each as it is, taken over or ended; now and then by a writer that has lost count. */
export async function appendRunEvents(play: Play): Promise<void> {
  const { game, choice, pick, name, index } = play;
  const { store, model } = game;
  const ids = [...model.runs.keys(), 'nowhere'].filter((_, place) => (place + pick) % 3 === 0).slice(0, 3);
  const appends = ids.map((runId, place): RunAppend => {
    const run = model.runs.get(runId);
    const isStale = (choice + place) % 6 === 0;
    const events = Array.from({ length: (choice + place) % 4 }, (_, number) => `${name}.${number}`);
    const counted = (run?.events.length ?? 0) + (choice === 11 ? 1 : 0);
    const end = (choice + place) % 5 === 0 ? { outcome: `outcome ${name}` } : undefined;
    return {
      runId,
      attempt: Math.max(0, (run?.attempt ?? 0) - (isStale ? 1 : 0)),
      after: counted,
      events,
      end,
      at: index,
    };
  });
  const reasons = appends.map((append) => reasonAgainst(model, append));
  const isMiscounted = appends.some(({ runId, after }, place) => {
    return reasons[place] === undefined && model.runs.get(runId)?.events.length !== after;
  });
  await attempt(
    () => store.appendRunEvents(appends),
    [isMiscounted && 'checkpoint/invalid-write'],
    (results) => {
      const expected = appends.map((append, place) => applied(model, append, reasons[place]));
      expect(results).toEqual(expected);
    },
  );
}

type Reason = Extract<RunAppendResult, { readonly isWritten: false }>['reason'];

function reasonAgainst({ runs }: Model, append: RunAppend): Reason | undefined {
  const run = runs.get(append.runId);
  if (run === undefined) return 'missing';
  if (run.state === 'ended') return 'ended';
  return run.attempt === append.attempt ? undefined : 'taken-over';
}

function applied({ runs }: Model, append: RunAppend, reason: Reason | undefined): RunAppendResult {
  const run = runs.get(append.runId);
  if (reason !== undefined || run === undefined) return { isWritten: false, reason: reason ?? 'missing' };
  const ending = append.end && ({ state: 'ended', endedAt: append.at, outcome: append.end.outcome } as const);
  runs.set(run.id, { ...run, events: [...run.events, ...append.events], ...ending });
  return { isWritten: true, stopRequested: run.stopRequested };
}

export async function stopRun(play: Play): Promise<void> {
  const { store, model } = play.game;
  const run = someRun(play);
  if (run === undefined) return expectRefusal(store.requestRunStop('nowhere'), 'checkpoint/run-missing');
  const stopped = run.state === 'ended' ? run : { ...run, stopRequested: true };
  model.runs.set(run.id, stopped);
  expect(await store.requestRunStop(run.id)).toEqual(recordOf(stopped));
}

export async function deleteRuns({ game: { store, model }, choice, index }: Play): Promise<void> {
  const endedBefore = Math.max(0, index - choice);
  const over = [...model.runs.values()].filter(({ endedAt }) => endedAt !== null && endedAt < endedBefore);
  for (const { id } of over) model.runs.delete(id);
  expect(await store.deleteRuns({ endedBefore })).toBe(over.length);
}

/** Holds the runs of the store against those of the model. */
export async function checkRuns({ store, model }: Pick<Game, 'store' | 'model'>): Promise<void> {
  for (const run of model.runs.values()) {
    expect(await store.readRun(run.id)).toEqual(recordOf(run));
    const events = run.events.map((event, index) => ({ number: index + 1, event }));
    expect(await store.readRunEvents(run.id)).toEqual(events);
    expect(await store.readRunEvents(run.id, { after: 1, limit: 2 })).toEqual(events.slice(1, 3));
  }
  await checkList({ store, model }, {});
  await checkList({ store, model }, { states: ['waiting', 'going'] });
  for (const sessionId of model.sessions.keys()) {
    await checkList({ store, model }, { sessionId, states: ['going', 'ended'] });
    await checkList({ store, model }, { sessionPrefix: sessionId.slice(0, 1) });
  }
}

async function checkList({ store, model }: Pick<Game, 'store' | 'model'>, range: RunRange): Promise<void> {
  const { sessionId, sessionPrefix = '', states } = range;
  const isOf = (run: ModelRun) =>
    (sessionId ?? run.sessionId) === run.sessionId && run.sessionId.startsWith(sessionPrefix);
  const ofSessions = [...model.runs.values()].filter(isOf);
  const found = ofSessions.filter(({ state }) => states?.includes(state) ?? true);
  // Sorting keeps the order of equals: the one that was asked for last comes first.
  const listed = found.reverse().sort((a, b) => b.createdAt - a.createdAt);
  const { items } = await store.listRuns({ ...range, limit: 1000 });
  expect(items.map(({ id }) => id)).toEqual(listed.map(({ id }) => id));
  const count = (state: RunState) => ofSessions.filter((run) => run.state === state).length;
  const counts = { waiting: count('waiting'), going: count('going'), ended: count('ended') };
  expect(await store.countRuns({ sessionId, sessionPrefix })).toEqual(counts);
}

function someRun({ game: { model }, pick, choice }: Play): ModelRun | undefined {
  const runs = [...model.runs.values()];
  return runs[(pick * 12 + choice) % Math.max(1, runs.length)];
}

function recordOf(run: ModelRun | undefined): RunRecord | undefined {
  if (run === undefined) return undefined;
  const { events, ...record } = run;
  return { ...record, lastEvent: events.length };
}
