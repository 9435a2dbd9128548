import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { printFigure } from './print-figure.ts';
import { runProcess } from './run-process.ts';
import { median } from './timing.ts';
import { writeTranscripts } from './transcript-folder.ts';

const MEGABYTE = 1e6;
const ROUNDS = 5;

interface Pass {
  readonly ms: number;
  readonly lines: number;
  readonly peakBytes: number;
}

/** An import may take as long as this speed takes, or so many plain passes: whichever is longer. */
const ALLOWED_MB_PER_SECOND = 100;
const ALLOWED_PASSES = 1.5;

/** Prints what importing 100 MB of transcripts costs, against a plain parse of their lines, and whether memory grows with them. */
export async function printImport(folder: string): Promise<void> {
  const [small, large] = [join(folder, 'small'), join(folder, 'large')];
  writeTranscripts(small, 10 * MEGABYTE);
  const megabytes = writeTranscripts(large, 100 * MEGABYTE) / MEGABYTE;
  const [parsed, imported, little] = await interleavedPasses([
    ['byParse', large],
    ['byImport', large],
    ['byImport', small],
  ]);
  if (!parsed || !imported || !little) throw new Error('Not every pass was made.');
  if (imported.lines !== parsed.lines) throw new Error('The import did not see every line.');
  const allowedMs = Math.max((megabytes / ALLOWED_MB_PER_SECOND) * 1000, ALLOWED_PASSES * parsed.ms);
  const rate = (ms: number) => `${(megabytes / (ms / 1000)).toFixed(0)} MB/s`;
  printFigure({
    name: `import of ${megabytes.toFixed(0)} MB of transcripts`,
    value: imported.ms / allowedMs,
    unit: '× 1 s, or 1.5 plain passes',
    limit: 1,
    from: `${rate(imported.ms)}, ${(imported.ms / parsed.ms).toFixed(2)} × a JSON.parse pass of ${rate(parsed.ms)}`,
  });
  printFigure({
    name: '  memory at its peak',
    value: imported.peakBytes / little.peakBytes,
    unit: '× that of 10 MB',
    limit: 1.5,
    from: `${(imported.peakBytes / MEGABYTE).toFixed(0)} MB against ${(little.peakBytes / MEGABYTE).toFixed(0)} MB`,
  });
}

/** The medians of passes that are made one after the other, round after round, each in a process of its own. */
async function interleavedPasses(ways: readonly (readonly [way: string, folder: string])[]): Promise<readonly Pass[]> {
  const script = fileURLToPath(new URL('import-process.ts', import.meta.url));
  const all = ways.map((): Pass[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, way] of ways.entries()) {
      all[index]?.push((await runProcess(['--conditions=reprise-source', script, ...way])) as Pass);
    }
  }
  return all.map((passes) => ({
    ms: median(passes.map(({ ms }) => ms)),
    lines: passes[0]?.lines ?? 0,
    peakBytes: median(passes.map(({ peakBytes }) => peakBytes)),
  }));
}
