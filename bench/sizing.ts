/**
 * How far one shard goes: plays days of so many sessions with costs that were measured, and prints what they ask of it.
 *
 *     npx pnpm --filter @reprise/bench sizing [sessions a day] [processes] [concurrency of each]
 */

import { type Shard, sizeDay, type TurnCosts, type Workload } from './support/sizing-model.ts';

const SESSIONS = Number(process.argv[2] ?? 100_000);
const PROCESSES = Number(process.argv[3] ?? 4);
const CONCURRENCY = Number(process.argv[4] ?? 100);
const DAY_MS = 86_400_000;
const GIGABYTE = 1024 ** 3;

/** As `service` printed them on 2026-11-22: a question and an answer of 50 deltas, SQLite, one process, on a busy machine of two cores. */
const COSTS: TurnCosts = { bytesKept: 3 * 1024, bytesOfRun: 10 * 1024, commits: 8, cpuMs: 16 };

const SHARD: Shard = { processes: PROCESSES, flushMs: 200, keepRunsMs: DAY_MS, concurrency: CONCURRENCY };

/** A guess at each; put your own in. */
const WORKLOADS: Readonly<Record<string, Omit<Workload, 'sessionsPerDay'>>> = {
  'short chats': { turnsPerSession: 4, answerMs: 8000, thinkMs: 40_000, peak: 1.8 },
  'agents with tools': { turnsPerSession: 20, answerMs: 15_000, thinkMs: 2000, peak: 1.8 },
  'long answers': { turnsPerSession: 6, answerMs: 40_000, thinkMs: 60_000, peak: 2 },
};

console.log(`${SESSIONS} sessions a day on one shard: ${PROCESSES} processes, ${CONCURRENCY} runs at once in each.`);
for (const [name, workload] of Object.entries(WORKLOADS)) {
  const day = sizeDay({ sessionsPerDay: SESSIONS, ...workload }, { costs: COSTS, shard: SHARD, seed: 1 });
  const { mean, p99, most } = day.going;
  console.log(`\n${name}: ${JSON.stringify(workload)}`);
  console.log(`  turns a day                ${day.turns}`);
  console.log(`  runs at once               ${mean.toFixed(0)} on average, ${p99} in 99 % of the day, ${most} at most`);
  console.log(`  somebody waits in line     ${(day.waiting * 100).toFixed(1)} % of the day`);
  console.log(`  commits, busiest minute    ${day.commitsPerSecond.toFixed(0)} a second`);
  console.log(`  CPU, busiest minute        ${day.cpuCores.toFixed(2)} cores`);
  console.log(`  sessions grow by           ${gigabytes(day.bytesPerDay)} a day`);
  console.log(`  runs of the last day take  ${gigabytes(day.bytesOfRuns)}`);
}

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(2)} GB`;
}
