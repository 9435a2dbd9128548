import type { Keyword } from './keywords.ts';

/** A line of a file. */
export interface Line {
  readonly path: string;
  readonly number: number;
  readonly text: string;
}

/** What a search found in one file. */
export interface FileHits {
  readonly path: string;
  readonly lineCount: number;
  /** The first of the lines. */
  readonly lines: readonly Line[];
}

/** The result of `search_text` as data. */
export function parseHits(result: string): readonly FileHits[] {
  const files: (FileHits & { readonly lines: Line[] })[] = [];
  for (const row of result.split('\n')) {
    const [, path, lineCount] = /^(\S.*) \((\d+) lines?\)$/.exec(row) ?? [];
    const last = files.at(-1);
    if (path !== undefined) files.push({ path, lineCount: Number(lineCount), lines: [] });
    else if (last) last.lines.push(...parseLines(last.path, row.trimStart()));
  }
  return files;
}

/** The numbered lines of `read_file`, or of one file's hits, as data. */
export function parseLines(path: string, result: string): readonly Line[] {
  return result.split('\n').flatMap((row) => {
    const [, number, text] = /^(\d+): (.*)$/.exec(row) ?? [];
    return text === undefined ? [] : [{ path, number: Number(number), text }];
  });
}

/** Files worth reading, the most promising first. */
export function rankFiles(
  searches: readonly (readonly FileHits[])[],
  files: readonly string[],
  keywords: readonly Keyword[],
): readonly string[] {
  const scores = new Map<string, number>();
  const add = (path: string, points: number) => scores.set(path, (scores.get(path) ?? 0) + points * weight(path));
  // A file that knows several of the words beats one that often says the same one.
  for (const { path, lineCount } of searches.flat()) add(path, 40 + Math.min(lineCount, 20));
  for (const path of files) {
    const named = wordsIn(path, keywords).length;
    if (named > 0) add(path, 15 * named);
  }
  return [...scores].sort(([, a], [, b]) => b - a).map(([path]) => path);
}

/** How much a file's word counts: more for what is written to be read, less for tests and for what machines write. */
export function weight(path: string): number {
  if (/(^|[/.-])lock(\.|$)|-lock\.|\.(json|svg|map|snap|csv)$/i.test(path)) return 0.1;
  if (/(^|\/)(tests?|testing|fixtures?|bench)\/|\.test\./i.test(path)) return 0.5;
  return /\.(md|mdx|rst|txt|adoc)$/i.test(path) ? 1.8 : 1;
}

/** Which of the words a text has. */
export function wordsIn(text: string, keywords: readonly Keyword[]): readonly Keyword[] {
  const lower = text.toLowerCase();
  return keywords.filter(({ stem }) => lower.includes(stem));
}
