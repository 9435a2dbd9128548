/**
 * What a day of sessions asks of one shard: a database and the processes on it.
 *
 * Owns: how many runs go on at once, and what they add up to.
 * Leaves to the caller: what one turn costs, which is measured.
 *
 * M1. Sessions come by chance, at a rate that goes up and down once in the day; turns of a session follow each other after a pause.
 * M2. A run is one turn here. Where agents call tools a run is several, and `turnsPerSession` counts them all.
 * M3. The same seed gives the same day.
 */

/** What people do. */
export interface Workload {
  readonly sessionsPerDay: number;
  /** On average; how many a session has is a matter of chance. */
  readonly turnsPerSession: number;
  /** How long an answer takes, on average, tools included. */
  readonly answerMs: number;
  /** How long somebody reads and writes before the next turn, on average. */
  readonly thinkMs: number;
  /** How many times as many sessions come in the busiest hour as in an average one: 1 to 2. */
  readonly peak: number;
}

/** What one turn costs. */
export interface TurnCosts {
  /** Of the session itself: entries, ledger row, snapshot. Stays until it is deleted. */
  readonly bytesKept: number;
  /** Of the run and its events, which stay for `keepRunsMs`. */
  readonly bytesOfRun: number;
  /** Transactions, appends of events left out. */
  readonly commits: number;
  readonly cpuMs: number;
}

/** How the shard is run. */
export interface Shard {
  readonly processes: number;
  /** The least time between two appends of events of one process. */
  readonly flushMs: number;
  /** How long runs are kept after their end. */
  readonly keepRunsMs: number;
  /** How full of runs one process may be. */
  readonly concurrency: number;
}

/** The day. */
export interface Sizing {
  readonly turns: number;
  /** Runs at once: on average, in all but one of a hundred seconds, and at most. */
  readonly going: { readonly mean: number; readonly p99: number; readonly most: number };
  /** The share of the seconds of the day in which a run would have had to wait in line. */
  readonly waiting: number;
  /** In the busiest minute. */
  readonly commitsPerSecond: number;
  readonly cpuCores: number;
  /** What stays, each day. */
  readonly bytesPerDay: number;
  /** What runs take up once as many are deleted as come. */
  readonly bytesOfRuns: number;
}

const DAY_S = 86_400;

/** Plays a day in the memory of one process, some 10⁷ turns at most. */
export function sizeDay(
  workload: Workload,
  terms: { readonly costs: TurnCosts; readonly shard: Shard; readonly seed: number },
): Sizing {
  const { costs, shard, seed } = terms;
  const day = playDay(workload, chance(seed));
  const sorted = day.going.toSorted();
  const busiest = busiestMinute(day.starts) / 60;
  const [mean, p99, most] = [day.going.reduce((sum, going) => sum + going, 0) / DAY_S, at(sorted, 0.99), at(sorted, 1)];
  const places = shard.processes * shard.concurrency;
  return {
    turns: day.turns,
    going: { mean, p99, most },
    waiting: day.going.filter((going) => going > places).length / DAY_S,
    commitsPerSecond: busiest * costs.commits + (shard.processes * 1000) / shard.flushMs,
    cpuCores: (busiest * costs.cpuMs) / 1000,
    bytesPerDay: day.turns * costs.bytesKept,
    bytesOfRuns: (day.turns * costs.bytesOfRun * shard.keepRunsMs) / (DAY_S * 1000),
  };
}

interface Day {
  readonly turns: number;
  /** Turns that began in each second. */
  readonly starts: Int32Array;
  /** Turns that were going on at the beginning of each second. */
  readonly going: Int32Array;
}

function playDay(workload: Workload, random: () => number): Day {
  const { sessionsPerDay, turnsPerSession, answerMs, thinkMs } = workload;
  const starts = new Int32Array(DAY_S);
  const going = new Int32Array(DAY_S);
  let turns = 0;
  for (let session = 0; session < sessionsPerDay; session += 1) {
    let seconds = arrivalOf(workload, random);
    do {
      const endsAt = seconds + exponential(answerMs / 1000, random);
      // What runs past midnight is what ran past the midnight before.
      for (let second = Math.ceil(seconds); second <= endsAt; second += 1) add(going, second);
      add(starts, Math.floor(seconds));
      turns += 1;
      seconds = endsAt + exponential(thinkMs / 1000, random);
    } while (random() > 1 / turnsPerSession);
  }
  return { turns, starts, going };
}

function add(seconds: Int32Array, second: number): void {
  const index = second % DAY_S;
  seconds[index] = (seconds[index] ?? 0) + 1;
}

/** A second of the day, of which the middle is the busiest. */
function arrivalOf({ peak }: Workload, random: () => number): number {
  for (;;) {
    const second = random() * DAY_S;
    const rate = 1 - (peak - 1) * Math.cos((2 * Math.PI * second) / DAY_S);
    if (random() * peak < rate) return second;
  }
}

function exponential(mean: number, random: () => number): number {
  return -mean * Math.log(1 - random());
}

function busiestMinute(starts: Int32Array): number {
  let most = 0;
  for (let from = 0; from < DAY_S; from += 60) {
    most = Math.max(
      most,
      starts.subarray(from, from + 60).reduce((sum, count) => sum + count, 0),
    );
  }
  return most;
}

function at(sorted: Int32Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Numbers from 0 to 1 that follow from the seed: Mulberry32, of Tommy Ettinger, public domain. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
