import { type Line, weight, wordsIn } from './evidence.ts';
import { enumerate, type Keyword } from './keywords.ts';

const QUOTES = 4;

/** An answer made of real lines, the most telling first. */
export function quotingAnswer(lines: readonly Line[], keywords: readonly Keyword[]): string {
  const quotes = bestLines(lines, keywords);
  const [first] = quotes;
  if (!first) return 'I found files, but no line in them that says anything. A more precise question may help.';
  const about = keywords.length === 0 ? '' : ` about ${enumerate(wordsFound(quotes, keywords))}`;
  return [
    `${first.path} says most${about}:`,
    '',
    ...quotes.map(({ path, number, text }) => `> ${path}:${number}: ${text.trim()}`),
    '',
    'I am a scripted model: I find and quote, and leave the reading to you.',
  ].join('\n');
}

/** The answer when nothing was found. */
export function emptyAnswer(searchedFor: readonly string[], fileCount: number): string {
  if (fileCount === 0)
    return 'There is no file here that I could look into, so I cannot answer that. I will not guess.';
  const files = fileCount === 1 ? 'the one file' : `any of the ${fileCount} files`;
  const what = searchedFor.length === 0 ? 'an introduction' : enumerate(searchedFor.map((text) => `"${text}"`));
  return `I found nothing. I looked for ${what}, and it is not in ${files} here, so I will not guess.`;
}

function wordsFound(quotes: readonly Line[], keywords: readonly Keyword[]): readonly string[] {
  return wordsIn(quotes.map(({ text }) => text).join('\n'), keywords).map(({ word }) => word);
}

function bestLines(lines: readonly Line[], keywords: readonly Keyword[]): readonly Line[] {
  const distinct = [...new Map(lines.map((line) => [line.text.trim(), line])).values()];
  return distinct
    .map((line, index) => ({ line, score: score(line, distinct.slice(Math.max(0, index - 2), index + 3), keywords) }))
    .filter((scored) => scored.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, QUOTES)
    .map(({ line }) => line);
}

/** A line says much if it and its neighbours have many of the words, and if it is a sentence rather than code. */
function score({ text, path }: Line, around: readonly Line[], keywords: readonly Keyword[]): number {
  const own = wordsIn(text, keywords).length;
  if (keywords.length > 0 && own === 0) return 0;
  const near = around.filter((line) => line.path === path).map((line) => line.text);
  const words = 10 * own ** 2 + 3 * wordsIn(near.join('\n'), keywords).length;
  return (words + (isSentence(text) ? 12 : 0)) * weight(path);
}

function isSentence(text: string): boolean {
  const words = text.match(/(?<![^\s(*`"'_-])\p{L}[\p{L}'’-]*(?=[\s,.;:!?)*`"'_]|$)/gu) ?? [];
  return words.length >= 6 && words.join(' ').length > 0.7 * text.trim().length;
}
