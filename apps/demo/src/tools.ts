import { type Tool, tool } from '@reprise/agent';
import { z } from 'zod';
import { byCodeUnit, type Folder, FolderError } from './folder.ts';

/** How much of a folder one call shows. */
export const LIMITS = {
  files: 400,
  hits: 60,
  hitsPerFile: 3,
  scannedFiles: 20_000,
  lines: 400,
  textBytes: 32_768,
  lineLength: 400,
} as const;

const TIMEOUT_MS = 20_000;

export interface FolderToolsOptions {
  /** Whether reading a file waits for somebody's approval. Default `false`. */
  readonly asksBeforeReading?: boolean;
}

/** The tools of a librarian: they look into one folder, and change nothing. */
export function folderTools(folder: Folder, { asksBeforeReading = false }: FolderToolsOptions = {}): readonly Tool[] {
  return [listFiles(folder), readFile(folder, asksBeforeReading), searchText(folder)];
}

function listFiles(folder: Folder): Tool {
  return tool({
    name: 'list_files',
    description: `Lists the files of the folder, one path a line, at most ${LIMITS.files}. Use it first to see what there is.`,
    input: z.object({ folder: z.string().optional().describe('A folder inside the folder. Default: all of it.') }),
    effect: 'pure',
    timeoutMs: TIMEOUT_MS,
    async run(input, { signal }) {
      const paths: string[] = [];
      for await (const path of folder.files(input.folder, signal)) {
        if (paths.length === LIMITS.files) {
          return [...paths, `(cut after ${LIMITS.files} files; name a folder to see the rest of it)`].join('\n');
        }
        paths.push(path);
      }
      return paths.length === 0 ? '(no files)' : paths.join('\n');
    },
  });
}

function readFile(folder: Folder, needsApproval: boolean): Tool {
  return tool({
    name: 'read_file',
    description: `Reads a text file as numbered lines, at most ${LIMITS.lines} lines or ${LIMITS.textBytes / 1024} KB at a time.`,
    input: z.object({
      path: z.string().min(1).describe('As list_files gives it.'),
      from: z.int().min(1).optional().describe('The first line to read. Default 1.'),
    }),
    effect: 'pure',
    needsApproval,
    timeoutMs: TIMEOUT_MS,
    async run({ path, from = 1 }, { signal }) {
      const lines = linesOf(await folder.readText(path, signal));
      if (lines.length === 0) return '(an empty file)';
      if (from > lines.length) throw new FolderError(`${path} ends with line ${lines.length}`);
      return numberedLines(lines, from);
    },
  });
}

function numberedLines(lines: readonly string[], from: number): string {
  const shown: string[] = [];
  let bytes = 0;
  for (const line of lines.slice(from - 1, from - 1 + LIMITS.lines)) {
    const numbered = `${from + shown.length}: ${shorten(line)}`;
    bytes += Buffer.byteLength(numbered) + 1;
    if (bytes > LIMITS.textBytes) break;
    shown.push(numbered);
  }
  const next = from + shown.length;
  if (next <= lines.length) shown.push(`(cut: ${lines.length} lines in all; read on with from: ${next})`);
  return shown.join('\n');
}

interface FileHits {
  readonly path: string;
  /** Every line with the text, numbered. */
  readonly lines: readonly string[];
}

function searchText(folder: Folder): Tool {
  return tool({
    name: 'search_text',
    description:
      `Finds the lines that contain a text, whatever their case: files with the most such lines first, ` +
      `at most ${LIMITS.hitsPerFile} lines of each and ${LIMITS.hits} in all.`,
    input: z.object({
      text: z.string().trim().min(1).describe('What to look for, as it stands in the files: no pattern.'),
      folder: z.string().optional().describe('A folder inside the folder. Default: all of it.'),
    }),
    effect: 'pure',
    timeoutMs: TIMEOUT_MS,
    async run(input, { signal }) {
      const hits: FileHits[] = [];
      let scanned = 0;
      for await (const path of folder.files(input.folder, signal)) {
        if (scanned === LIMITS.scannedFiles) break;
        scanned += 1;
        const lines = await matchingLines(folder, path, input.text, signal);
        if (lines.length > 0) hits.push({ path, lines });
      }
      hits.sort((a, b) => b.lines.length - a.lines.length || byCodeUnit(a.path, b.path));
      const note = scanned === LIMITS.scannedFiles ? `\n(only the first ${scanned} files were searched)` : '';
      return `${hits.length === 0 ? `(no line contains "${input.text}")` : hitList(hits)}${note}`;
    },
  });
}

async function matchingLines(folder: Folder, path: string, text: string, signal: AbortSignal) {
  const wanted = text.toLowerCase();
  const content = await folder.readText(path, signal).catch((error) => {
    // What cannot be read as text holds no line to show.
    if (error instanceof FolderError) return '';
    throw error;
  });
  return linesOf(content).flatMap((line, index) =>
    line.toLowerCase().includes(wanted) ? [`${index + 1}: ${shorten(line)}`] : [],
  );
}

function hitList(hits: readonly FileHits[]): string {
  const shown: string[] = [];
  let left: number = LIMITS.hits;
  for (const { path, lines } of hits) {
    if (left === 0) break;
    const some = lines.slice(0, Math.min(LIMITS.hitsPerFile, left));
    left -= some.length;
    shown.push(
      `${path} (${lines.length} ${lines.length === 1 ? 'line' : 'lines'})`,
      ...some.map((line) => `  ${line}`),
    );
  }
  const files = shown.filter((line) => !line.startsWith('  ')).length;
  if (files < hits.length)
    shown.push(`(cut: ${hits.length - files} more files contain it; search for something rarer)`);
  return shown.join('\n');
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** Cut between characters, never inside one. */
function shorten(line: string): string {
  return line.length <= LIMITS.lineLength
    ? line
    : `${line
        .slice(0, LIMITS.lineLength)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`;
}
