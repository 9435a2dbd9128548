/**
 * What it takes to hold many slow streams at once, as a ratio to the vendor's raw SDK reading the same ones in a process of its own.
 *
 *     npx pnpm --filter @reprise/bench slow-streams [streams] [seconds]
 */

import { join } from 'node:path';
import { printFigure } from './support/print-figure.ts';
import { runProcess } from './support/run-process.ts';
import { serveToolLoops } from './support/serve-tool-loops.ts';
import type { SlowStreamsCost } from './support/slow-streams-process.ts';

const STREAMS = Number(process.argv[2] ?? 500);
const SECONDS = Number(process.argv[3] ?? 10);
const DELTA_MS = 20;

const server = await serveToolLoops(0, { deltaMs: DELTA_MS, deltas: ((SECONDS + 60) * 1000) / DELTA_MS });
const raw = await cost('raw');
const ours = await cost('agent');
server.close();

printFigure({
  name: `${STREAMS} streams, live heap of one`,
  value: ours.heapBytes / raw.heapBytes,
  unit: '× the raw SDK',
  limit: 2,
  from: `${kilobytes(ours.heapBytes)} against ${kilobytes(raw.heapBytes)}`,
});
printFigure({
  name: `${STREAMS} streams, CPU for a delta`,
  value: ours.cpuMs / ours.deltasPerSecond / (raw.cpuMs / raw.deltasPerSecond),
  unit: '× the raw SDK',
  limit: 1.3,
  from: `${ours.cpuMs.toFixed(0)} against ${raw.cpuMs.toFixed(0)} ms in ${SECONDS} s`,
});
printFigure({
  name: `${STREAMS} streams, deltas a second`,
  value: ours.deltasPerSecond / raw.deltasPerSecond,
  unit: '× the raw SDK',
  from: `${ours.deltasPerSecond.toFixed(0)} against ${raw.deltasPerSecond.toFixed(0)}; ${(STREAMS * 1000) / DELTA_MS} were asked for`,
});

async function cost(kind: 'raw' | 'agent'): Promise<SlowStreamsCost> {
  const script = join(import.meta.dirname, 'support/slow-streams-process.ts');
  const args = [
    '--expose-gc',
    '--conditions=reprise-source',
    script,
    kind,
    server.url,
    String(STREAMS),
    String(SECONDS),
  ];
  return (await runProcess(args)) as SlowStreamsCost;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}
