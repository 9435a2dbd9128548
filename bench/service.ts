/**
 * What the service adds between the vendor's stream and the client's, beside a bare handler that passes on what the raw SDK reads: the same
 * vendor, HTTP server and clients, one after the other. Vendor, server and clients are a process each.
 *
 *     npx pnpm --filter @reprise/bench service [seconds] [streams at once] [sessions] [full | normal]
 *
 * `normal` does not wait for the disk: see `openSqliteStore`. Every event of the service is durable before a client has it, so most of its latency is the time until the next write, 200 ms at most.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type CrowdReport, percentile, sendCrowd } from './support/crowd.ts';
import { milliseconds, printFigure } from './support/print-figure.ts';
import type { ServedCost } from './support/served-process.ts';
import { tempFolder } from './support/temp-folder.ts';

const SECONDS = Number(process.argv[2] ?? 60);
const STREAMS = Number(process.argv[3] ?? 200);
const SESSIONS = Number(process.argv[4] ?? 1000);
const SYNCHRONOUS = process.argv[5] ?? 'full';
const DELTA_MS = 50;
const DELTAS = Math.max(1, Math.round((SECONDS * 1000 * STREAMS) / SESSIONS / DELTA_MS));
const MEGABYTE = 1024 * 1024;

interface Measured extends CrowdReport {
  /** Of the server, without what it takes to start. */
  readonly cpuMs: number;
  /** With all streams open, after the first and the third quarter of the sessions; and in the end. */
  readonly early: ServedCost;
  readonly late: ServedCost;
  readonly last: ServedCost;
}

const database = join(tempFolder(), 'service.db');
const load = loadavg()[0] ?? Number.NaN;
const { child: vendor, url: vendorUrl } = await start('stamped-answers-process.ts', [String(DELTAS), String(DELTA_MS)]);
const raw = await measure('raw');
const ours = await measure('service');
vendor.disconnect();

console.log(
  `${SESSIONS} sessions, ${STREAMS} at once, ${DELTAS} deltas each, one every ${DELTA_MS} ms; synchronous ${SYNCHRONOUS}; load of the machine before: ${load.toFixed(1)}`,
);
printErrors();
printLatency('median', 0.5);
printLatency('99th percentile', 0.99);
printCosts();
printMemory();
printDatabase();
process.exitCode = ours.errors.length + raw.errors.length === 0 ? 0 : 1;

async function measure(kind: 'raw' | 'service'): Promise<Measured> {
  const { child, url } = await start('served-process.ts', [kind, vendorUrl, database, SYNCHRONOUS]);
  const first = await askCost(child);
  const samples = new Map<number, Promise<ServedCost>>();
  const at = [Math.round(SESSIONS / 4), Math.round((SESSIONS * 3) / 4)];
  const report = await sendCrowd({
    url,
    streams: STREAMS,
    sessions: SESSIONS,
    deltas: DELTAS,
    onAnswer: (answered) => void (at.includes(answered) && samples.set(answered, askCost(child))),
  });
  const last = await askCost(child);
  const [early = last, late = last] = await Promise.all(at.map((answered) => samples.get(answered)));
  child.disconnect();
  return { ...report, cpuMs: last.cpuMs - first.cpuMs, early, late, last };
}

async function start(script: string, args: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  const execArgv = ['--expose-gc', '--conditions=reprise-source'];
  const child = fork(join(import.meta.dirname, 'support', script), args, { execArgv });
  const [url] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [])]);
  if (typeof url === 'string') return { child, url };
  throw new Error(`${script} ended before it listened.`);
}

async function askCost(child: ChildProcess): Promise<ServedCost> {
  const answer = once(child, 'message');
  child.send('cost');
  const [cost] = await answer;
  return cost as ServedCost;
}

function printErrors(): void {
  const all = [...raw.errors.map((error) => `raw ${error}`), ...ours.errors];
  for (const error of all.slice(0, 5)) console.error(error);
  printFigure({
    name: 'answers that were not whole',
    value: ours.errors.length,
    unit: `of ${SESSIONS}`,
    limit: 0,
    from: `${raw.errors.length} of the bare handler`,
  });
}

function printLatency(name: string, share: number): void {
  const [our, bare] = [percentile(ours.latenciesMs, share), percentile(raw.latenciesMs, share)];
  printFigure({
    name: `added to a delta's way, ${name}`,
    value: our - bare,
    unit: 'ms',
    from: `${milliseconds(our)} against ${milliseconds(bare)}`,
  });
}

function printCosts(): void {
  const deltas = SESSIONS * DELTAS;
  printFigure({
    name: 'CPU of the server for a delta',
    value: ours.cpuMs / raw.cpuMs,
    unit: '× the bare handler',
    from: `${perDelta(ours.cpuMs)} against ${perDelta(raw.cpuMs)}; ${(ours.cpuMs / SESSIONS).toFixed(1)} ms a run`,
  });
  printFigure({
    name: 'deltas a second',
    value: (deltas * 1000) / ours.elapsedMs,
    unit: 'in the service',
    from: `${((deltas * 1000) / raw.elapsedMs).toFixed(0)} in the bare handler; ${(STREAMS * 1000) / DELTA_MS} were asked for at most`,
  });
}

function perDelta(cpuMs: number): string {
  return `${((cpuMs * 1000) / SESSIONS / DELTAS).toFixed(0)} µs`;
}

function printMemory(): void {
  printFigure({
    name: 'live heap, third against first quarter',
    value: ours.late.heapBytes / ours.early.heapBytes,
    unit: '× as much',
    limit: 1.2,
    from: `${megabytes(ours.early.heapBytes)}, then ${megabytes(ours.late.heapBytes)}; ${megabytes(ours.last.heapBytes)} in the end`,
  });
  printFigure({
    name: 'resident memory in the end',
    value: ours.last.rssBytes / MEGABYTE,
    unit: 'MB',
    from: `${megabytes(ours.early.rssBytes)}, then ${megabytes(ours.late.rssBytes)}; the bare handler ${megabytes(raw.last.rssBytes)}`,
  });
}

function printDatabase(): void {
  const { runBytes, keptBytes, rows } = tableSizes();
  const { appends, commits } = ours.last;
  printFigure({
    name: 'transactions of a run of one turn',
    value: commits / SESSIONS,
    unit: 'beside appends of events',
    from: `${appends} appends for ${SESSIONS} runs, ${((appends * 1000) / ours.elapsedMs).toFixed(1)} a second`,
  });
  printFigure({
    name: 'database for a run of one turn',
    value: runBytes / SESSIONS / 1024,
    unit: 'KB of the run and its events',
    from: `${(rows / SESSIONS).toFixed(1)} rows of events; and ${(keptBytes / SESSIONS / 1024).toFixed(1)} KB of its session`,
  });
}

interface TableSizes {
  /** Of runs and their events, which are deleted some time after their end. */
  readonly runBytes: number;
  /** Of everything else. */
  readonly keptBytes: number;
  /** How many rows hold the events. */
  readonly rows: number;
}

function tableSizes(): TableSizes {
  const connection = new Database(database, { readonly: true });
  const sizes = connection
    .prepare<[], Omit<TableSizes, 'rows'>>(`
      SELECT
        SUM(pgsize) FILTER (WHERE tbl_name IN ('runs', 'run_requests', 'run_events')) AS runBytes,
        SUM(pgsize) FILTER (WHERE tbl_name NOT IN ('runs', 'run_requests', 'run_events')) AS keptBytes
      FROM dbstat JOIN sqlite_schema USING (name)`)
    .get();
  const rows = connection.prepare<[], { count: number }>('SELECT COUNT(*) AS count FROM run_events').get()?.count ?? 0;
  connection.close();
  return { rows, runBytes: sizes?.runBytes ?? Number.NaN, keptBytes: sizes?.keptBytes ?? Number.NaN };
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
