import type { Reply, ScriptRequest } from '@reprise/simulator';
import { emptyAnswer, quotingAnswer } from './answer.ts';
import { hitsWithoutEchoes, linesWithoutEchoes } from './echoes.ts';
import { type FileHits, type Line, parseHits, parseLines, rankFiles, wordsIn } from './evidence.ts';
import { currentInquiry, type Inquiry, type Step } from './inquiry.ts';
import { enumerate, type Keyword, keywordsOf } from './keywords.ts';

const SEARCHES_AT_ONCE = 3;
const MAX_READS = 2;

/** An inquiry with what its steps have brought to light. */
interface Findings extends Inquiry {
  readonly keywords: readonly Keyword[];
  /** The texts that were searched for. */
  readonly searches: readonly string[];
  /** By search. */
  readonly hits: readonly (readonly FileHits[])[];
  readonly pathsRead: readonly string[];
  readonly linesRead: readonly Line[];
}

/**
 * A model that is a pure function of the conversation: it asks for tools by what was asked and by what the tools have answered,
 * and answers with lines it has read.
 */
export function scriptedLibrarian({ messages }: Pick<ScriptRequest, 'messages'>): Reply {
  const inquiry = currentInquiry(messages);
  if (inquiry.files === undefined && !inquiry.steps.some(({ tool }) => tool === 'list_files')) {
    return { text: 'Let me see what is here.', toolCalls: [{ name: 'list_files', arguments: {} }] };
  }
  const findings = findingsOf(inquiry);
  return nextSearch(findings) ?? nextRead(findings) ?? answer(findings);
}

function findingsOf(inquiry: Inquiry): Findings {
  const { question, steps } = inquiry;
  const searches = steps.filter(({ tool }) => tool === 'search_text');
  const reads = steps
    .filter(({ tool }) => tool === 'read_file')
    .map((step) => ({ ...step, path: textOf(step, 'path') }));
  return {
    ...inquiry,
    keywords: keywordsOf(question),
    searches: searches.map((step) => textOf(step, 'text')),
    hits: searches.map(({ result }) => hitsWithoutEchoes(parseHits(result ?? ''), question)),
    pathsRead: reads.map(({ path }) => path),
    linesRead: reads.flatMap(({ path, result }) => linesWithoutEchoes(parseLines(path, result ?? ''), question)),
  };
}

/** The longest words first; if no file has them, what is left of the question and the beginnings of its words. */
function nextSearch({ keywords, searches, hits }: Findings): Reply | undefined {
  if (hits.some((found) => found.length > 0)) return undefined;
  const rounds = [
    keywords.slice(0, SEARCHES_AT_ONCE),
    [...keywords.slice(SEARCHES_AT_ONCE), ...beginnings(keywords)].slice(0, SEARCHES_AT_ONCE),
  ];
  const next = rounds.find((round) => round.some(({ stem }) => !searches.includes(stem)));
  if (!next) return undefined;
  return {
    text: `${searches.length > 0 ? 'Nothing yet. ' : ''}Searching for ${enumerate(next.map(({ word }) => word))}.`,
    toolCalls: next.map(({ stem }) => ({ name: 'search_text', arguments: { text: stem } })),
  };
}

function beginnings(keywords: readonly Keyword[]): readonly Keyword[] {
  const stems = keywords.filter(({ stem }) => stem.length > 6).map(({ stem }) => stem.slice(0, 5));
  return stems.map((stem) => ({ word: `${stem}…`, stem }));
}

/** The most promising file; another one as long as no line that was read has all the words. */
function nextRead(findings: Findings): Reply | undefined {
  const { keywords, pathsRead, linesRead, hits } = findings;
  const isEnough = linesRead.some(
    ({ text }) => wordsIn(text, keywords).length >= Math.min(keywords.length, SEARCHES_AT_ONCE),
  );
  if (isEnough || pathsRead.length >= MAX_READS) return undefined;
  const path = candidates(findings).find((candidate) => !pathsRead.includes(candidate));
  if (path === undefined) return undefined;
  const text = pathsRead.length === 0 ? `${path} looks promising.` : `I will look into ${path} as well.`;
  return { text, toolCalls: [{ name: 'read_file', arguments: { path, ...startOf(path, hits.flat()) } }] };
}

function candidates({ files = [], hits, keywords }: Findings): readonly string[] {
  if (keywords.length > 0) return rankFiles(hits, files, keywords);
  // A question without a word to look for is about the whole: what introduces it answers it best.
  return [...files.filter((path) => /^readme/i.test(path)), ...files.filter((path) => /\.(md|txt)$/i.test(path))];
}

/** A long file is read from shortly before its first hit. */
function startOf(path: string, hits: readonly FileHits[]): { readonly from?: number } {
  const first = Math.min(...hits.flatMap((file) => (file.path === path ? file.lines.map(({ number }) => number) : [])));
  return Number.isFinite(first) && first > 200 ? { from: first - 20 } : {};
}

function answer({ keywords, searches, hits, linesRead, files = [] }: Findings): Reply {
  const unread = hits.flat().filter(({ path }) => !linesRead.some((line) => line.path === path));
  const lines = [...linesRead, ...unread.flatMap((file) => file.lines)];
  return lines.length > 0 ? quotingAnswer(lines, keywords) : emptyAnswer(searches, files.length);
}

function textOf({ input }: Step, name: string): string {
  const value = input[name];
  return typeof value === 'string' ? value : '';
}
