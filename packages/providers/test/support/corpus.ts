import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Count, cacheWriteCount, promptTokenCount, type TokenCounts } from '../../src/token-counts.ts';

/** A real response of a vendor's, with what a normaliser should make of it. */
export interface Recording {
  readonly id: string;
  readonly family: string;
  readonly vendor: string;
  readonly model: string;
  readonly endpoint: string;
  readonly streaming: boolean;
  readonly status: number;
  readonly features: readonly string[];
  readonly request: unknown;
  readonly response: RecordedResponse;
  readonly expected: ExpectedTurn;
}

export interface RecordedResponse {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A counter the vendor said nothing about is `null`. */
export interface ExpectedTurn {
  readonly inputTokensUncached: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  /** `null` where there is no split, or the one reported does not add up to the total. */
  readonly cacheWrite5m: number | null;
  readonly cacheWrite1h: number | null;
  readonly outputTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly totalTokens: number | null;
  /** Names of counts that the response does not settle. */
  readonly ambiguous?: readonly string[];
  readonly usagePresent: boolean;
  readonly serverToolUse?: Readonly<Record<string, unknown>>;
  /** The vendor's own word. */
  readonly stopReason: string | null;
  readonly text: string;
  readonly textParts: readonly string[];
  readonly thinkingText: string;
  readonly thinkingParts: readonly string[];
  /** An empty string stands for a thinking block without one. */
  readonly thinkingSignatures: readonly string[];
  readonly redactedThinking: readonly string[];
  readonly toolCalls: readonly ExpectedToolCall[];
  readonly serverToolCalls: readonly unknown[];
  readonly citationCount: number;
  readonly refusal: string | null;
  readonly error: {
    readonly type: string | null;
    readonly code: string | number | null;
    readonly message: string | null;
  } | null;
  readonly responseModel: string | null;
  readonly responseId: string | null;
}

interface ExpectedToolCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: unknown;
  readonly argumentsText: string | null;
}

/** One line of the corpus' index. */
export interface IndexEntry
  extends Pick<Recording, 'id' | 'family' | 'vendor' | 'model' | 'streaming' | 'status' | 'features'> {
  readonly file: string;
  /** Which conversation it belongs to, and where in it, if to any. */
  readonly group: { readonly id: string; readonly position: number; readonly kind: string } | null;
}

const folder = process.env['REPRISE_CORPUS'];

/** Whether the tests were given a corpus. A folder that is named but missing is a failure of the tests that read it. */
const corpusAvailable: boolean = folder !== undefined && folder !== '';

/** A suite over the corpus; without one it is skipped, and its name says why. */
export function describeWithCorpus(name: string, declareTests: () => void): void {
  if (corpusAvailable) {
    describe(name, declareTests);
  } else {
    describe.skip(`${name} (skipped: REPRISE_CORPUS is not set)`, () => {
      it('reads recordings', () => {});
    });
  }
}

/** Index entries that agree with every field of `filter`, in the index's order. */
export function listRecordings(filter: Partial<IndexEntry> = {}): readonly IndexEntry[] {
  const wanted = Object.entries(filter);
  return readFileSync(corpusPath('index.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): IndexEntry => JSON.parse(line))
    .filter((entry) => {
      const fields = new Map<string, unknown>(Object.entries(entry));
      return wanted.every(([name, value]) => fields.get(name) === value);
    });
}

/** Opens one recording. */
export function readRecording(entry: IndexEntry): Recording {
  return JSON.parse(readFileSync(corpusPath(entry.file), 'utf8'));
}

function corpusPath(file: string): string {
  const recordings = join(folder ?? '', 'recordings');
  if (!existsSync(recordings)) throw new Error(`REPRISE_CORPUS is set, but ${recordings} does not exist.`);
  return join(recordings, file);
}

/** Where to cut a body into the pieces that the network delivers. */
export type Splitting = (bytes: Uint8Array) => readonly number[];

/** The ways a body may arrive. All are deterministic. */
export const SPLITTINGS: Readonly<Record<string, Splitting>> = {
  whole: () => [],
  'inside characters and line ends': awkwardCuts,
  'at random places': (bytes) => randomCuts(bytes, 90),
  'a few bytes at a time': (bytes) => randomCuts(bytes, 7),
};

/** A `fetch` that answers every call with the recorded response, cut into pieces, and remembers what it was asked. */
export function recordedFetch(
  { body, headers, status = 200 }: RecordedResponse,
  splitting: Splitting = SPLITTINGS['whole'] ?? awkwardCuts,
): typeof fetch & { readonly requestBodies: readonly string[] } {
  const bytes = new TextEncoder().encode(body);
  const requestBodies: string[] = [];
  const answer: typeof fetch = async (_url, init) => {
    requestBodies.push(typeof init?.body === 'string' ? init.body : '');
    return new Response(ReadableStream.from(pieces(bytes, splitting(bytes))), { status, headers });
  };
  return Object.assign(answer, { requestBodies });
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const edges = [0, ...cuts, bytes.length];
  return edges.slice(1).flatMap((end, index) => {
    const start = edges[index] ?? 0;
    return end > start ? [bytes.slice(start, end)] : [];
  });
}

/** Cuts inside every character of several bytes, inside every line end, and near the start of every line. */
function awkwardCuts(bytes: Uint8Array): readonly number[] {
  const CARRIAGE_RETURN = 13;
  const LINE_FEED = 10;
  const cuts: number[] = [];
  for (let at = 1; at < bytes.length; at += 1) {
    const before = bytes[at - 1];
    const isInsideCharacter = ((bytes[at] ?? 0) & 0xc0) === 0x80;
    const isInsideLineEnd = bytes[at] === LINE_FEED && (before === CARRIAGE_RETURN || before === LINE_FEED);
    const isInsideFieldName = bytes[at - 3] === LINE_FEED;
    if (isInsideCharacter || isInsideLineEnd || isInsideFieldName) cuts.push(at);
  }
  return cuts;
}

function randomCuts(bytes: Uint8Array, averageLength: number): readonly number[] {
  let state = bytes.length + averageLength;
  const cuts: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    // A linear congruential generator: the same body is always cut the same way.
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    at += 1 + (state % (2 * averageLength));
    if (at < bytes.length) cuts.push(at);
  }
  return cuts;
}

/** Compares counts with a recording's. What is ambiguous only has to be no negative number. */
export function expectCounts(tokens: TokenCounts, expected: ExpectedTurn): void {
  const ambiguous = new Set(expected.ambiguous ?? []);
  const counts: readonly (readonly [name: string, actual: Count, wanted: number | null])[] = [
    ['inputTokensUncached', tokens.fresh, expected.inputTokensUncached],
    ['cacheReadTokens', tokens.cacheRead, expected.cacheReadTokens],
    ['cacheWriteTokens', cacheWriteCount(tokens), expected.cacheWriteTokens],
    ['outputTokens', tokens.output, expected.outputTokens],
    ['reasoningTokens', tokens.reasoning, expected.reasoningTokens],
  ];
  for (const [name, actual, wanted] of counts) {
    if (ambiguous.has(name)) expectNotNegative(name, actual);
    else expect(actual, name).toBe(wanted ?? 'not-reported');
  }
  if (expected.cacheWrite5m !== null) expect(tokens.cacheWrite['5m'], 'cacheWrite5m').toBe(expected.cacheWrite5m);
  if (expected.cacheWrite1h !== null) expect(tokens.cacheWrite['1h'], 'cacheWrite1h').toBe(expected.cacheWrite1h);
  if (expected.totalTokens !== null && ambiguous.size === 0) {
    const prompt = promptTokenCount(tokens);
    if (prompt === 'not-reported' || tokens.output === 'not-reported') return;
    expect(prompt + tokens.output, 'totalTokens').toBe(expected.totalTokens);
  }
}

function expectNotNegative(name: string, count: Count): void {
  if (count !== 'not-reported') expect(count, name).toBeGreaterThanOrEqual(0);
}
