/**
 * What it costs a fresh process to import the store and to open one, as a ratio to importing a vendor's SDK in the same run.
 *
 *     npm run build && npx pnpm --filter @reprise/bench cold-start
 */

import { join } from 'node:path';
import { milliseconds, printFigure } from './support/print-figure.ts';
import { runProcess } from './support/run-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { median } from './support/timing.ts';

interface Start {
  readonly ms: number;
  readonly rssBytes: number;
}

interface Case {
  readonly name: string;
  readonly code: string;
  readonly flags?: readonly string[];
  readonly limit?: number;
}

const RUNS = 21;

const path = JSON.stringify(join(tempFolder(), 'sessions.db'));
const openStore = `const { openSqliteStore } = await import('@reprise/checkpoint'); openSqliteStore(${path});`;

const references: readonly Case[] = [
  { name: 'nothing', code: '' },
  { name: '@anthropic-ai/sdk', code: `await import('@anthropic-ai/sdk');` },
];
const ours: readonly Case[] = [
  { name: '@reprise/checkpoint with a store opened', code: openStore, limit: 1.3 },
  // For the record: Node takes the types out of each file first.
  { name: '  from source', code: openStore, flags: ['--conditions=reprise-source'] },
];

const [nothing, sdk, ...starts] = await mediansOf([...references, ...ours]);
if (!nothing || !sdk) throw new Error('No process was started.');
for (const [index, start] of starts.entries()) print(ours[index], start, { nothing, sdk });

/** The median of each over rounds in which one is started after the other. */
async function mediansOf(cases: readonly Case[]): Promise<readonly Start[]> {
  const starts = cases.map((): Start[] => []);
  for (let run = 0; run < RUNS; run += 1) {
    for (const [index, each] of cases.entries()) starts[index]?.push(await startOf(each));
  }
  return starts.map((all) => ({
    ms: median(all.map(({ ms }) => ms)),
    rssBytes: median(all.map(({ rssBytes }) => rssBytes)),
  }));
}

/** Runs the code in a process of its own: how long it takes there, without the start of the process, and its memory after it. */
async function startOf({ code, flags = [] }: Case): Promise<Start> {
  const report = 'console.log(JSON.stringify({ ms: performance.now() - start, rssBytes: process.memoryUsage().rss }))';
  const script = `const start = performance.now(); ${code} ${report}`;
  // What the line above prints.
  return (await runProcess([...flags, '--input-type=module', '--eval', script], import.meta.dirname)) as Start;
}

function print(
  each: Case | undefined,
  start: Start,
  { nothing, sdk }: { readonly nothing: Start; readonly sdk: Start },
): void {
  const unit = '× the import of the SDK';
  const limit = each?.limit === undefined ? {} : { limit: each.limit };
  const times = `${milliseconds(start.ms)} against ${milliseconds(sdk.ms)}`;
  printFigure({ name: each?.name ?? '', value: start.ms / sdk.ms, unit, ...limit, from: times });
  const memory = `${megabytes(start)} against ${megabytes(sdk)}, ${megabytes(nothing)} for a process that imports nothing`;
  printFigure({ name: '  memory', value: start.rssBytes / sdk.rssBytes, unit, ...limit, from: memory });
}

function megabytes({ rssBytes }: Start): string {
  return `${(rssBytes / 1e6).toFixed(0)} MB`;
}
