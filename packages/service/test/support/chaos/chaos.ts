import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Message } from '@reprise/providers';
import { startSimulator } from '@reprise/simulator';
import type { RunOutcome } from '../../../src/wire/run-event.ts';
import { type ClientRun, type ClientTerms, hear, say } from './cut-client.ts';
import { type Effect, nextEffect, readEffects } from './effects.ts';
import { errands } from './errand-agent.ts';
import { pause } from './pause.ts';
import { type Crew, startCrew, startTestProcess } from './processes.ts';
import type { ProcessTerms } from './terms.ts';

export interface ChaosSize {
  readonly sessions: number;
  /** How long workers are killed and connections cut at least, in milliseconds, unless everything is said before. */
  readonly chaosMs: number;
  /** How many workers are killed at least. */
  readonly kills: number;
  readonly workers: number;
  readonly fronts: number;
  /** How many runs a worker does at once. */
  readonly concurrency: number;
}

interface ToldSession {
  readonly id: string;
  /** What its client heard, in the order of its questions. */
  readonly runs: readonly ClientRun[];
  /** The conversation as the service has it in the end. */
  readonly messages: readonly Message[];
}

/** What is left of a time in which everything was killed and cut. */
export interface Aftermath {
  readonly sessions: readonly ToldSession[];
  readonly effects: readonly Effect[];
  /** Requests that the vendor has answered. */
  readonly answeredRequests: number;
  readonly kills: number;
  readonly reconnects: number;
  readonly cutConnections: number;
  /** From when the fronts were there to when everything was said. */
  readonly elapsedMs: number;
  /** Of the processes that were there in the end and were told to go. */
  readonly exitCodes: readonly unknown[];
}

export type ChaosPlace = Pick<ProcessTerms, 'connectionString' | 'schema'> & {
  /** Ends one connection to the database; false if there is none. */
  cutOne(): Promise<boolean>;
};

const QUESTIONS = ['Go and see.', 'Go once more.'];

/** How long nothing is killed or cut after the last time, in milliseconds. */
const KILL_MS = 1000;

/** How long to wait for a tool that is under way, in whose midst its worker is killed, in milliseconds. */
const PATIENCE_MS = 5000;

/** Lets clients talk to the service while its workers are killed and its connections cut, and then until all is said. */
export async function runChaos(size: ChaosSize, place: ChaosPlace): Promise<Aftermath> {
  const folder = await mkdtemp(join(tmpdir(), 'reprise-chaos-'));
  const effectsFile = join(folder, 'effects.jsonl');
  const vendor = await startSimulator({ script: errands, maxLogBytes: 1024 ** 3 });
  const { connectionString, schema } = place;
  const terms = { connectionString, schema, vendorUrl: vendor.url, effectsFile, concurrency: size.concurrency };
  const fronts = Array.from({ length: size.fronts }, () => startTestProcess('front', terms));
  const crew = startCrew(size.workers, terms);
  const stop = async () => [...(await crew.stop()), ...(await Promise.all(fronts.map((front) => front.stop())))];
  try {
    const urls = await Promise.all(fronts.map(async ({ ready }) => (await ready) ?? ''));
    const heard = await talkInChaos({ size, place, crew, urls, effectsFile });
    return {
      ...heard,
      effects: await readEffects(effectsFile),
      answeredRequests: vendor.requests.filter(({ status }) => status === 200).length,
      exitCodes: await stop(),
    };
  } finally {
    await stop();
    await vendor.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Scene {
  readonly size: ChaosSize;
  readonly place: ChaosPlace;
  readonly crew: Crew;
  /** Of the fronts. */
  readonly urls: readonly string[];
  readonly effectsFile: string;
}

async function talkInChaos({ size, place, crew, urls, effectsFile }: Scene) {
  const began = performance.now();
  const counts = { kills: 0, reconnects: 0, cutConnections: 0 };
  let isAllSaid = false;
  const isCutting = () => !isAllSaid && (performance.now() - began < size.chaosMs || counts.kills < size.kills);
  const onReconnect = () => {
    counts.reconnects += 1;
  };
  const kill = async () => {
    while (isCutting()) {
      await pause(KILL_MS);
      const until = performance.now() + PATIENCE_MS;
      // Sessions keep in step: whatever comes first would be the same tool again and again.
      const isWanted = ({ tool }: Effect) => counts.kills % 2 === 1 || tool === 'book';
      const effect = await nextEffect(effectsFile, isWanted, () => !isAllSaid && performance.now() < until);
      if (crew.killOne(effect?.pid)) counts.kills += 1;
      if (await place.cutOne()) counts.cutConnections += 1;
    }
  };
  const terms = { fronts: urls, random: Math.random, isCutting, onReconnect };
  const ids = Array.from({ length: size.sessions }, (_, index) => `s${index}`);
  const talks = Promise.all(ids.map((id) => talk(terms, id))).finally(() => {
    isAllSaid = true;
  });
  const [sessions] = await Promise.all([talks, kill()]);
  return { sessions, ...counts, elapsedMs: Math.round(performance.now() - began) };
}

/** One client: asks everything at once, and hears all of it. */
async function talk(terms: ClientTerms, id: string): Promise<ToldSession> {
  const runIds: string[] = [];
  for (const [index, question] of QUESTIONS.entries()) runIds.push(await say(terms, id, `question-${index}`, question));
  const runs = await Promise.all(runIds.map((runId) => hear(terms, id, runId)));
  return { id, runs, messages: await readMessages(terms, id) };
}

async function readMessages({ fronts: [front] }: ClientTerms, id: string): Promise<readonly Message[]> {
  const response = await fetch(`${front}/v1/sessions/${id}/messages?limit=100`);
  const { items } = JSON.parse(await response.text());
  return items.map(({ message }: { readonly message: Message }) => message);
}

/** How a run ended, as its client was told. */
export function outcomeOf({ events }: ClientRun): RunOutcome {
  const end = events.at(-1);
  if (end?.type !== 'run-end') throw new Error('A run was heard without its end.');
  return end;
}
