import type { FileHits, Line } from './evidence.ts';

/**
 * What only repeats the question, or what a librarian once said about it, is no source: a list of questions, a transcript in a README.
 */
function isEcho(text: string, question: string): boolean {
  return TRANSCRIPT.test(text) || text.toLowerCase().includes(question.trim().toLowerCase());
}

const TRANSCRIPT =
  /^\s*(> \S+:\d+: |turn \d+ |(list_files|search_text|read_file) \{|Question \d+ of \d+: |Still open: )/;
const FENCE = /^\s*(```|~~~)/;

/** Search results without echoes, and without the files that hold nothing else. */
export function hitsWithoutEchoes(hits: readonly FileHits[], question: string): readonly FileHits[] {
  return hits
    .map((file) => ({ ...file, lines: file.lines.filter(({ text }) => !isEcho(text, question)) }))
    .filter(({ lines }) => lines.length > 0);
}

/** The lines of one file without echoes; a fenced block with a transcript in it goes as a whole. */
export function linesWithoutEchoes(lines: readonly Line[], question: string): readonly Line[] {
  const blocks: Line[][] = [[]];
  for (const line of lines) {
    if (FENCE.test(line.text)) blocks.push([]);
    blocks.at(-1)?.push(line);
  }
  // Every other block is fenced, if the file was read from its beginning.
  const isWhole = lines[0]?.number === 1;
  return blocks
    .filter((block, index) => !(isWhole && index % 2 === 1 && block.some(({ text }) => TRANSCRIPT.test(text))))
    .flat()
    .filter(({ text }) => !isEcho(text, question));
}
