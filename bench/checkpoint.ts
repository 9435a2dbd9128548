/**
 * What keeping a session in a SQLite store costs, as ratios within one run: to the same rows written by hand, to the bytes that were said,
 * to the same session when it was short, and to the same conversation in LangGraph's SQLite saver.
 *
 *     npx pnpm --filter @reprise/bench checkpoint
 */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@reprise/checkpoint';
import { answeringAgent, SYSTEM_BYTES, sendUntil } from './support/agent-session.ts';
import { measureCommits } from './support/commit-cost.ts';
import { measureSizes, measureTurns } from './support/langgraph-cost.ts';
import { microseconds, milliseconds, printFigure } from './support/print-figure.ts';
import { measureRunEvents } from './support/run-event-cost.ts';
import { runProcess } from './support/run-process.ts';
import { ANSWER_BYTES, QUESTION_BYTES, SessionWriter } from './support/stored-session.ts';
import { tempFolder } from './support/temp-folder.ts';
import { noise } from './support/texts.ts';
import { elapsedMs, interleavedMedians } from './support/timing.ts';

const SHORT = 25;
const MEDIUM = 400;
const LONG = 2000;
const LENGTHS = [SHORT, MEDIUM, LONG];
const ROUNDS = 400;
const RUNS = 200;
const FRESH_PROCESSES = 9;
const PICTURE = noise(1 << 20);

/** Grows the one session in a file to so many turns, beginning with a picture of 1 MB. */
type Grow = (path: string, turns: number) => Promise<void>;

const folder = tempFolder();
await printCommits('full', 1.5);
await printCommits('normal');
await printGrowth();
await printRunEvents();
await printSizes('kept by the store alone', 0, growByStore);
await printSizes('kept by the agent', SYSTEM_BYTES, growByAgent);
await printResume();
await printLangGraphSizes();
await printLangGraphTurns('full');
await printLangGraphTurns('normal', 1.2);

async function printCommits(synchronous: 'full' | 'normal', limit?: number): Promise<void> {
  const { commit, bareCommit, turn, bareTurn } = await measureCommits(folder, synchronous);
  const limits = limit === undefined ? {} : { limit };
  printFigure({
    name: `commit of a turn, synchronous ${synchronous}`,
    value: commit / bareCommit,
    unit: '× a bare transaction',
    ...limits,
    from: `${microseconds(commit)} against ${microseconds(bareCommit)}`,
  });
  printFigure({
    name: `  with its question and its note`,
    value: turn / bareTurn,
    unit: '× three bare transactions',
    ...limits,
    from: `${microseconds(turn)} against ${microseconds(bareTurn)}`,
  });
}

/** A commit and a fork in a short session and in a long one, each in a file of its own; without waits for the disk, which would hide a growth. */
async function printGrowth(): Promise<void> {
  const sessions = await Promise.all([SHORT, LONG].map(writerAt));
  const commits = await interleavedMedians(
    ROUNDS,
    sessions.map(({ writer }) => async () => {
      const turn = writer.prepare();
      await turn.question();
      await turn.begin();
      return elapsedMs(() => turn.commit());
    }),
  );
  printRatio('commit of a turn in a long session', commits, 0.8);
  let forks = 0;
  const forkTimes = await interleavedMedians(
    ROUNDS,
    sessions.map(({ store, writer }) => () => {
      forks += 1;
      const fork = { id: `fork-${forks}`, snapshotId: writer.lastSnapshotId, createdAt: Date.now() };
      return elapsedMs(() => store.forkSession(fork));
    }),
  );
  printRatio('fork of a long session', forkTimes);
  for (const { store } of sessions) await store.close();
}

async function printRunEvents(): Promise<void> {
  const { atOnce, oneByOne } = await measureRunEvents(folder, RUNS);
  printFigure({
    name: `ten events of each of ${RUNS} runs`,
    value: atOnce / oneByOne,
    unit: '× run by run',
    limit: 0.5,
    from: `${milliseconds(atOnce)} in one append, ${milliseconds(oneByOne)} in ${RUNS}`,
  });
}

async function writerAt(turns: number) {
  const store = openSqliteStore({ path: join(folder, `growth-${turns}.db`), synchronous: 'normal' });
  const writer = await SessionWriter.open(store, 'a');
  await writer.growTo(turns);
  return { store, writer };
}

function printRatio(name: string, [short = Number.NaN, long = Number.NaN]: readonly number[], least?: number): void {
  printFigure({
    name,
    value: long / short,
    unit: `× one of ${SHORT} turns`,
    limit: 1.2,
    ...(least !== undefined && { least }),
    from: `${microseconds(long)} at ${LONG}, ${microseconds(short)} at ${SHORT}`,
  });
}

async function printSizes(name: string, preambleBytes: number, grow: Grow): Promise<void> {
  const path = join(folder, `${grow.name}.db`);
  for (const turns of LENGTHS) {
    await grow(path, turns);
    const content = PICTURE.length + preambleBytes + turns * (QUESTION_BYTES + ANSWER_BYTES);
    const { size } = statSync(path);
    const allowed = 1.3 * content + 2048 * turns;
    printFigure({
      name: `bytes ${name}, ${turns} turns`,
      value: size / allowed,
      unit: '× 1.3 × content + 2 KB a turn',
      limit: 1,
      from: `${size} bytes, ${content} of them content, ${((size - content) / turns).toFixed(0)} more a turn`,
    });
  }
}

async function growByStore(path: string, turns: number): Promise<void> {
  const store = openSqliteStore(path);
  const writer = await SessionWriter.open(store, 'a');
  if (writer.turns === 0) await writer.addMedia(PICTURE);
  await writer.growTo(turns);
  await store.close();
}

async function growByAgent(path: string, turns: number): Promise<void> {
  const store = openSqliteStore(path);
  const session = await answeringAgent().openSession(store, { id: 'a' });
  await sendUntil(session, turns, PICTURE);
  await session.close();
  await store.close();
}

/** The session that the agent grew, read in fresh processes: its messages and media alone, and all that resuming it does. */
async function printResume(): Promise<void> {
  const path = join(folder, `${growByAgent.name}.db`);
  const ways = ['byHand', 'throughStore', 'byAgent'].map((way) => () => timedInProcess(way, path));
  const [byHand = Number.NaN, throughStore = Number.NaN, byAgent = Number.NaN] = await interleavedMedians(
    FRESH_PROCESSES,
    ways,
  );
  printFigure({
    name: `resume of ${LONG} turns in a fresh process`,
    value: byAgent / throughStore,
    unit: '× reading its messages',
    limit: 2,
    from: `${milliseconds(byAgent)} against ${milliseconds(throughStore)}`,
  });
  printFigure({
    name: '  against messages that nobody checks',
    value: byAgent / byHand,
    unit: '× bare reads and JSON.parse',
    from: `${milliseconds(byAgent)} against ${milliseconds(byHand)}`,
  });
}

async function timedInProcess(way: string, path: string): Promise<number> {
  const script = fileURLToPath(new URL('support/resume-process.ts', import.meta.url));
  const told = await runProcess(['--conditions=reprise-source', script, way, path, 'a']);
  const { ms, messages } = told as { readonly ms: number; readonly messages: number };
  if (messages !== 2 * LONG) throw new Error(`${way} found ${messages} messages where there are ${2 * LONG}.`);
  return ms;
}

/** What the same conversation, without a picture, takes in the file of LangGraph's saver. */
async function printLangGraphSizes(): Promise<void> {
  for (const turns of [SHORT, 100, MEDIUM]) {
    const { ours, theirs } = await measureSizes(folder, turns);
    printFigure({
      name: `bytes kept by LangGraph, ${turns} turns`,
      value: theirs / ours,
      unit: '× the bytes of our store',
      from: `${theirs} bytes against ${ours}`,
    });
  }
}

/**
 * A turn is three commits of our store and one of LangGraph's saver. In full, early turns wait longer for the disk, since their log still
 * grows, which hides what a long conversation costs.
 */
async function printLangGraphTurns(synchronous: 'full' | 'normal', limit?: number): Promise<void> {
  const { ours, theirs } = await measureTurns({ folder, synchronous }, [SHORT, MEDIUM]);
  const [ourShort = Number.NaN, ourLong = Number.NaN] = ours;
  const [theirShort = Number.NaN, theirLong = Number.NaN] = theirs;
  const unit = `× one of ${SHORT} turns`;
  printFigure({
    name: `turn ${MEDIUM} in our store, synchronous ${synchronous}`,
    value: ourLong / ourShort,
    unit,
    ...(limit !== undefined && { limit }),
    from: `${microseconds(ourLong)} at ${MEDIUM}, ${microseconds(ourShort)} at ${SHORT}`,
  });
  printFigure({
    name: '  kept by LangGraph',
    value: theirLong / theirShort,
    unit,
    from: `${microseconds(theirLong)} at ${MEDIUM}, ${microseconds(theirShort)} at ${SHORT}`,
  });
  printFigure({
    name: '  kept by LangGraph, against ours',
    value: theirLong / ourLong,
    unit: '× three commits of ours',
    from: `${microseconds(theirLong)} against ${microseconds(ourLong)}`,
  });
}
