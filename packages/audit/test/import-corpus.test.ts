import { readFileSync } from 'node:fs';
import { cacheWriteCount, countOrZero, priceTurn } from '@reprise/providers';
import { expect, it } from 'vitest';
import { importCassette, importClaudeCode, type LedgerRow } from '../src/index.ts';
import { corpusPath, describeWithCorpus } from './support/corpus.ts';
import { linesOf, logFolder, rowsOf } from './support/log-folder.ts';

interface ExpectedTotals {
  readonly inputTokens: number;
  readonly cacheCreationTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
}

interface ExpectedReport {
  readonly totals: ExpectedTotals & { readonly totalCost: number };
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly firstActivity: string;
    readonly lastActivity: string;
    readonly modelBreakdowns: readonly (ExpectedTotals & { readonly modelName: string; readonly cost: number })[];
  }[];
}

function sumOf(rows: readonly LedgerRow[]): ExpectedTotals {
  const sum = (count: (row: LedgerRow) => number) => rows.reduce((total, row) => total + count(row), 0);
  return {
    inputTokens: sum(({ tokens }) => countOrZero(tokens.fresh)),
    cacheCreationTokens: sum(({ tokens }) => countOrZero(cacheWriteCount(tokens))),
    cacheReadTokens: sum(({ tokens }) => countOrZero(tokens.cacheRead)),
    outputTokens: sum(({ tokens }) => countOrZero(tokens.output)),
  };
}

/** In dollars with eight decimals: no list price of these models has more, and a sum of floats no fewer that are right. */
function dollars(rows: readonly LedgerRow[]): string {
  const prices = rows.map(({ tokens, family, model, startedAt: at, billing = {} }) => {
    const price = priceTurn(tokens, { family, model, at, billing });
    expect(price.status, model).toBe('exact');
    return price.picoUsd ?? 0n;
  });
  const units = prices.reduce((sum, price) => sum + price, 0n);
  expect(units % 10_000n).toBe(0n);
  const digits = String(units / 10_000n).padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

describeWithCorpus('real Claude Code transcripts', () => {
  it('come to the tokens and the cost that an independent tool computed, per session and model', async () => {
    const expected: ExpectedReport = JSON.parse(readFileSync(corpusPath('transcripts', 'expected.json'), 'utf8'));
    const log = importClaudeCode([corpusPath('transcripts', 'claude-code')]);
    const rows = await rowsOf(log);
    const { totalCost, cacheCreationTokens, cacheReadTokens, inputTokens, outputTokens } = expected.totals;
    expect(sumOf(rows)).toEqual({ cacheCreationTokens, cacheReadTokens, inputTokens, outputTokens });
    expect(dollars(rows)).toBe(totalCost.toFixed(8));
    let matched = 0;
    for (const { sessionId, modelBreakdowns } of expected.sessions) {
      for (const { modelName, cost, ...totals } of modelBreakdowns) {
        const own = rows.filter((row) => row.sessionId === sessionId && row.model === modelName);
        expect(totals).toMatchObject(sumOf(own));
        expect(dollars(own), `${sessionId} ${modelName}`).toBe(cost.toFixed(8));
        matched += own.length;
      }
    }
    expect(matched).toBe(rows.length);
    expect(log.report()).toMatchObject({ files: 9, lines: 1693, rows: 529, malformedLines: 0, duplicates: 0 });
    expect(log.report().compactions).toHaveLength(3);
  });

  it('hold both lifetimes of writes, sub-agents, and responses whose end was not written down', async () => {
    const rows = await rowsOf(importClaudeCode([corpusPath('transcripts', 'claude-code')]));
    const lifetimes = new Set(
      rows.flatMap(({ tokens }) => (['5m', '1h'] as const).filter((of) => countOrZero(tokens.cacheWrite[of]) > 0)),
    );
    expect(lifetimes).toEqual(new Set(['5m', '1h']));
    expect(new Set(rows.map(({ conversationId }) => conversationId)).size).toBe(7);
    expect(rows.filter(({ usageState }) => usageState === 'partial')).toHaveLength(205);
  });
});

interface RecordedCall {
  readonly id: string;
  readonly endpoint: string;
  readonly streaming: boolean;
  readonly request: unknown;
  readonly response: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  readonly expected: {
    readonly inputTokensUncached: number | null;
    readonly cacheReadTokens: number | null;
    readonly cacheWriteTokens: number | null;
    readonly outputTokens: number | null;
    readonly ambiguous?: readonly string[];
    readonly usagePresent: boolean;
  };
}

interface IndexEntry {
  readonly file: string;
  readonly family: string;
  readonly vendor: string;
  readonly status: number;
}

/** Where the vendors answer: some count things their own way, which only the address in a request tells. */
const HOSTS: ReadonlyMap<string, string> = new Map([
  ['anthropic', 'api.anthropic.com'],
  ['azure', 'example.openai.azure.com'],
  ['cerebras', 'api.cerebras.ai'],
  ['deepseek', 'api.deepseek.com'],
  ['google', 'generativelanguage.googleapis.com'],
  ['groq', 'api.groq.com'],
  ['mistral', 'api.mistral.ai'],
  ['moonshotai', 'api.moonshot.ai'],
  ['ollama', 'ollama.com'],
  ['openai', 'api.openai.com'],
  ['openrouter', 'openrouter.ai'],
  ['together', 'api.together.xyz'],
  ['xai', 'api.x.ai'],
]);

/** A call as a cassette keeps it: one line. */
function recordOf(vendor: string, { id, endpoint, streaming, request, response }: RecordedCall): string {
  const url = `https://${HOSTS.get(vendor)}${endpoint}`;
  return JSON.stringify({
    key: id,
    response: response.body,
    v: 1,
    status: 200,
    headers: response.headers,
    recordedAt: '2026-11-21T09:00:00.000Z',
    chunks: [],
    request: { method: 'POST', url, stream: streaming, body: request },
  });
}

describeWithCorpus('recorded responses in a cassette', () => {
  it('have the counts that were derived from their bytes by hand', async () => {
    const entries = readFileSync(corpusPath('recordings', 'index.jsonl'), 'utf8').trim().split('\n');
    const calls = entries
      .map((line): IndexEntry => JSON.parse(line))
      .filter(({ vendor, family, status }) => HOSTS.has(vendor) && family !== 'gemini' && status === 200)
      .map(({ vendor, file }): [string, RecordedCall] => [
        vendor,
        JSON.parse(readFileSync(corpusPath('recordings', file), 'utf8')),
      ]);
    const folder = logFolder({ 'cassette.jsonl': linesOf(...calls.map(([vendor, call]) => recordOf(vendor, call))) });
    const log = importCassette([folder]);
    const rows = new Map((await rowsOf(log)).map((row) => [row.source?.line, row]));
    let missing = 0;
    let compared = 0;
    for (const [index, [, { id, expected }]] of calls.entries()) {
      const { inputTokensUncached, cacheReadTokens, cacheWriteTokens, outputTokens, ambiguous = [] } = expected;
      // Some servers answer a request for Responses as Chat: what that counts was not derived.
      if (!expected.usagePresent || ambiguous.length > 0 || outputTokens === null) continue;
      const tokens = rows.get(index + 1)?.tokens;
      if (!tokens) missing += 1;
      else {
        expect([tokens.fresh, tokens.cacheRead, cacheWriteCount(tokens), tokens.output], id).toEqual(
          [inputTokensUncached, cacheReadTokens, cacheWriteTokens, outputTokens].map(
            (count) => count ?? 'not-reported',
          ),
        );
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(300);
    expect(log.report()).toMatchObject({ lines: calls.length, malformedLines: 0 });
    // Some responses are there a second time, altered or cut.
    expect(missing).toBeLessThanOrEqual(log.report().duplicates);
  }, 30_000);
});
