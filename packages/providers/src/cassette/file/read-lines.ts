import { type CassetteRecord, decodeRecord, type LineProblem } from './record.ts';

/** A line of a file, numbered from 1: a record, or why it is none. `cut` is a last line that stops halfway. */
export type CassetteLine =
  | { readonly line: number; readonly text: string; readonly record: CassetteRecord }
  | { readonly line: number; readonly problem: LineProblem | 'cut' };

/** Every line of a file's text that is not blank, in order. */
export function readLines(text: string): readonly CassetteLine[] {
  const texts = text.split('\n');
  const last = texts.length - 1;
  return texts.flatMap((lineText, index): CassetteLine[] => {
    if (lineText.trim() === '') return [];
    const line = index + 1;
    const record = decodeRecord(lineText, line);
    if (typeof record !== 'string') return [{ line, text: lineText, record }];
    // What follows the last line end is a line that somebody is writing, or died while writing.
    return [{ line, problem: index === last && record === 'no-json' ? 'cut' : record }];
  });
}
