import { setImmediate } from 'node:timers/promises';
import { type PageQuery, pageBounds, pageOf } from '../../page.ts';
import { runExists } from '../../refusals.ts';
import type { RunAppend, RunAppendResult, RunRange } from '../../run.ts';
import {
  appended,
  checkEventRange,
  checkRun,
  checkRunAppends,
  checkRunDeletion,
  checkRunRange,
  isChange,
  newRun,
  refuseAppend,
  takenUp,
} from '../../run-appends.ts';
import type { CheckpointStore } from '../../store.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';
import type { RunWatch } from '../run-watch.ts';

type RunWrites = Pick<CheckpointStore, 'createRun' | 'takeUpRun' | 'appendRunEvents' | 'requestRunStop' | 'deleteRuns'>;
type RunReads = Pick<CheckpointStore, 'readRun' | 'listRuns' | 'countRuns' | 'readRunEvents' | 'watchRuns'>;

export function runMethods(context: SqliteContext, rows: Rows, watch: RunWatch): RunWrites & RunReads {
  return { ...runWrites(context, rows, watch), ...runReads(context, rows, watch) };
}

function runWrites({ write }: SqliteContext, rows: Rows, watch: RunWatch): RunWrites {
  const { runs, sessions } = rows;
  return {
    createRun: async (asked) => {
      checkRun(asked);
      const run = await write(() => {
        sessions.require(asked.sessionId);
        if (runs.findProgress(asked.id) !== undefined) throw runExists(asked.id);
        return runs.insert(newRun(asked));
      });
      watch.tell([run.id]);
      return run;
    },

    takeUpRun: (taking) =>
      write(() => {
        const stored = runs.require(taking.runId);
        return runs.update(stored, takenUp(stored.run, taking));
      }),

    appendRunEvents: async (appends) => {
      checkRunAppends(appends);
      const results = await write(() => appendEvents(rows, appends));
      const changed = appends.filter((append, place) => results[place]?.isWritten && isChange(append));
      watch.tell(changed.map(({ runId }) => runId));
      return results;
    },

    requestRunStop: async (runId) => {
      const { run, isNew } = await write(() => {
        const stored = runs.require(runId);
        const isNew = stored.run.state !== 'ended' && !stored.run.stopRequested;
        return { run: isNew ? runs.update(stored, { ...stored.run, stopRequested: true }) : stored.run, isNew };
      });
      if (isNew) watch.tell([runId]);
      return run;
    },

    deleteRuns: async (deletion) => {
      checkRunDeletion(deletion);
      let deleted = 0;
      for (;;) {
        const last = await write(() => runs.deleteEnded(deletion.endedBefore, BATCH));
        deleted += last;
        if (last < BATCH) return deleted;
        // Whatever else this process, or another one, wants to do meanwhile.
        await setImmediate();
      }
    },
  };
}

/** How many runs are deleted at a time. */
const BATCH = 200;

/** Either all of them are as their writers take them to be, or nothing is written. */
function appendEvents({ runs, runEvents }: Rows, appends: readonly RunAppend[]): readonly RunAppendResult[] {
  return appends.map((append): RunAppendResult => {
    const stored = runs.findProgress(append.runId);
    const refusal = refuseAppend(stored?.run, append);
    if (refusal !== undefined || stored === undefined) return refusal ?? { isWritten: false, reason: 'missing' };
    runEvents.append(stored, append.events);
    const run = appended(stored.run, append);
    if (append.end) runs.update(stored, run);
    else if (append.events.length > 0) runs.advance(stored, run);
    return { isWritten: true, stopRequested: run.stopRequested };
  });
}

function runReads({ read }: SqliteContext, { runs, runEvents }: Rows, watch: RunWatch): RunReads {
  return {
    readRun: (runId) => read(() => runs.find(runId)?.run),

    listRuns: (query: RunRange & Omit<PageQuery, 'search'> = {}) =>
      read(() => {
        checkRunRange(query);
        const { limit, after = NEWEST } = pageBounds(query);
        const found = runs.list(query, { ...after, limit: limit + 1 });
        const placed = found.map(({ seq, run }) => ({ item: run, seq, createdAt: run.createdAt }));
        return pageOf(placed, limit);
      }),

    countRuns: (range = {}) =>
      read(() => {
        checkRunRange(range);
        const counted = runs.count(range).map(({ state, runs }) => [state, runs] as const);
        return { waiting: 0, going: 0, ended: 0, ...Object.fromEntries(counted) };
      }),

    readRunEvents: (runId, range = {}) =>
      read(() => runEvents.read(runs.requireProgress(runId), checkEventRange(range))),

    watchRuns: (watcher) => read(() => watch.add(watcher)),
  };
}

const NEWEST = { createdAt: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
