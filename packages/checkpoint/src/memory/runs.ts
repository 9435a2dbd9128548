import { newestFirst } from '../newest-first.ts';
import { type Page, type PageQuery, pageBounds } from '../page.ts';
import { runExists, runMissing } from '../refusals.ts';
import type { NewRun, RunAppend, RunAppendResult, RunEvent, RunId, RunRange, RunRecord, RunState } from '../run.ts';
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
} from '../run-appends.ts';
import type { SessionId } from '../session.ts';
import { frozen, type MemoryData, numbered, requireSession } from './memory-data.ts';

export function createRun(data: MemoryData, run: NewRun): RunRecord {
  checkRun(run);
  requireSession(data, run.sessionId);
  if (data.runs.has(run.id)) throw runExists(run.id);
  const kept = numbered(data, newRun(run));
  data.runs.set(run.id, { ...kept, events: [] });
  tellRunWatchers(data, run.id);
  return kept.item;
}

export function listRuns(data: MemoryData, query: RunRange & Omit<PageQuery, 'search'> = {}): Page<RunRecord> {
  checkRunRange(query);
  const bounds = pageBounds(query);
  return newestFirst(
    [...data.runs.values()].filter(({ item }) => isIn(item, query)),
    bounds,
  );
}

export function countRuns(data: MemoryData, range: Omit<RunRange, 'states'> = {}): Readonly<Record<RunState, number>> {
  checkRunRange(range);
  const counts = { waiting: 0, going: 0, ended: 0 };
  for (const { item } of data.runs.values()) if (isIn(item, range)) counts[item.state] += 1;
  return counts;
}

export function takeUpRun(
  data: MemoryData,
  taking: { readonly runId: RunId; readonly holder: string; readonly at: number },
): RunRecord {
  return replaceRun(data, takenUp(requireRun(data, taking.runId), taking));
}

export function appendRunEvents(data: MemoryData, appends: readonly RunAppend[]): readonly RunAppendResult[] {
  checkRunAppends(appends);
  const refusals = appends.map((append) => refuseAppend(data.runs.get(append.runId)?.item, append));
  return appends.map((append, place) => refusals[place] ?? write(data, append));
}

function write(data: MemoryData, append: RunAppend): RunAppendResult {
  const run = requireRun(data, append.runId);
  const events = append.events.map((event, index) => frozen({ number: run.lastEvent + index + 1, event }));
  data.runs.get(run.id)?.events.push(...events);
  replaceRun(data, appended(run, append));
  if (isChange(append)) tellRunWatchers(data, run.id);
  return { isWritten: true, stopRequested: run.stopRequested };
}

export function readRunEvents(
  data: MemoryData,
  runId: RunId,
  range: { readonly after?: number; readonly limit?: number } = {},
): readonly RunEvent[] {
  requireRun(data, runId);
  const { after, limit } = checkEventRange(range);
  // Numbered from 1 without a gap: an event stands at its number.
  return data.runs.get(runId)?.events.slice(after, after + limit) ?? [];
}

export function requestRunStop(data: MemoryData, runId: RunId): RunRecord {
  const run = requireRun(data, runId);
  if (run.state === 'ended' || run.stopRequested) return run;
  const stopping = replaceRun(data, { ...run, stopRequested: true });
  tellRunWatchers(data, runId);
  return stopping;
}

export function deleteRuns(data: MemoryData, { endedBefore }: { readonly endedBefore: number }): number {
  checkRunDeletion({ endedBefore });
  const over = [...data.runs.values()].filter(({ item }) => item.endedAt !== null && item.endedAt < endedBefore);
  for (const { item } of over) data.runs.delete(item.id);
  return over.length;
}

/** Calls `onChange` until the signal ends it. */
export function watchRuns(
  data: MemoryData,
  { onChange, signal }: { readonly onChange: (runId: RunId | undefined) => void; readonly signal: AbortSignal },
): void {
  if (signal.aborted) return;
  const watcher = (runId: RunId) => {
    if (!signal.aborted) onChange(runId);
  };
  data.runWatchers.add(watcher);
  signal.addEventListener('abort', () => data.runWatchers.delete(watcher), { once: true });
}

/** Deletes the session's runs. */
export function deleteRunsOf(data: MemoryData, sessionId: SessionId): void {
  for (const { item } of [...data.runs.values()]) {
    if (item.sessionId !== sessionId) continue;
    data.runs.delete(item.id);
    tellRunWatchers(data, item.id);
  }
}

/** Calls each watcher soon, and not from within the change. */
function tellRunWatchers(data: MemoryData, runId: RunId): void {
  for (const watcher of data.runWatchers) queueMicrotask(() => watcher(runId));
}

function isIn(run: RunRecord, { sessionId, sessionPrefix = '', states }: RunRange): boolean {
  const isOfSession = sessionId === undefined || run.sessionId === sessionId;
  return isOfSession && run.sessionId.startsWith(sessionPrefix) && (states?.includes(run.state) ?? true);
}

function requireRun(data: MemoryData, runId: RunId): RunRecord {
  const run = data.runs.get(runId);
  if (!run) throw runMissing(runId);
  return run.item;
}

function replaceRun(data: MemoryData, run: RunRecord): RunRecord {
  const kept = data.runs.get(run.id);
  const item = frozen(run);
  if (kept) data.runs.set(run.id, { ...kept, item });
  return item;
}
