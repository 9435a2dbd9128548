import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importClaudeCode } from '@reprise/audit';

// Reads the transcripts in the folder argv[3] in the way that argv[2] names, and prints how long that took in milliseconds, how many lines
// there were, and the most memory that the process had.

const [way = '', folder = ''] = process.argv.slice(2);
const ways: Readonly<Record<string, () => number | Promise<number>>> = { byParse, byImport };
const read = ways[way];
if (!read) throw new Error(`'${way}' is no way to read transcripts.`);
const start = performance.now();
const lines = await read();
const ms = performance.now() - start;
process.stdout.write(JSON.stringify({ ms, lines, peakBytes: process.resourceUsage().maxRSS * 1024 }));

/** Each file as a text, split, and each line parsed: nothing is done with it. */
function byParse(): number {
  let count = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.jsonl')) continue;
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (line === '') continue;
      JSON.parse(line);
      count += 1;
    }
  }
  return count;
}

async function byImport(): Promise<number> {
  const log = importClaudeCode([folder]);
  let cacheReads = 0;
  for await (const { tokens } of log) cacheReads += tokens.cacheRead === 'not-reported' ? 0 : tokens.cacheRead;
  if (cacheReads === 0) throw new Error('Nothing was read.');
  return log.report().lines;
}
