import { type Tool, tool, toolBlocks } from '@reprise/agent';
import { z } from 'zod';
import type { Folder } from '../../folder.ts';
import { type Colour, encodePng } from './png.ts';

const TIMEOUT_MS = 20_000;
const FILES = 12;
const BAR_PX = 16;
const WIDTH_PX = 320;
const PAPER: Colour = [246, 247, 246];
const INK: Colour = [35, 106, 75];

/** Tools that show what a page makes of a picture, and of a call that waits for somebody. They change nothing outside this process. */
export function trialTools(folder: Folder): readonly Tool[] {
  return [drawLengths(folder), noteDown()];
}

function drawLengths(folder: Folder): Tool {
  return tool({
    name: 'draw_lengths',
    description: `Draws how long the first ${FILES} files of the folder are, as bars.`,
    input: z.object({}),
    effect: 'pure',
    timeoutMs: TIMEOUT_MS,
    async run(_input, { signal }) {
      const files = await readLengths(folder, signal);
      if (files.length === 0) return '(no files)';
      const list = files.map(({ path, length }) => `${path}: ${length} characters`).join('\n');
      return toolBlocks([
        { type: 'text', text: list },
        { type: 'image', mediaType: 'image/png', data: Buffer.from(bars(files)).toString('base64') },
      ]);
    },
  });
}

interface FileLength {
  readonly path: string;
  readonly length: number;
}

async function readLengths(folder: Folder, signal: AbortSignal): Promise<readonly FileLength[]> {
  const files: FileLength[] = [];
  for await (const path of folder.files('.', signal)) {
    if (files.length === FILES) break;
    const text = await folder.readText(path, signal).catch(() => undefined);
    if (text !== undefined) files.push({ path, length: text.length });
  }
  return files;
}

function bars(files: readonly FileLength[]): Uint8Array {
  const longest = Math.max(1, ...files.map(({ length }) => length));
  return encodePng(WIDTH_PX, BAR_PX * files.length, (x, y) => {
    const { length = 0 } = files[Math.floor(y / BAR_PX)] ?? {};
    const isGap = y % BAR_PX < 2 || y % BAR_PX >= BAR_PX - 2;
    return !isGap && x <= (length / longest) * (WIDTH_PX - 1) ? INK : PAPER;
  });
}

function noteDown(): Tool {
  return tool({
    name: 'note_down',
    description: 'Keeps a note. Somebody has to agree first.',
    input: z.object({ text: z.string().min(1).describe('What to keep.') }),
    effect: 'effect',
    needsApproval: true,
    timeoutMs: TIMEOUT_MS,
    // The conversation itself is where the note is kept.
    run: ({ text }) => `Noted: ${text}`,
  });
}
