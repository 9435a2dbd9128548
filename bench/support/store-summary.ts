import { auditStore } from '@reprise/audit';
import { openSqliteStore } from '@reprise/checkpoint';
import { priceTurn, tokenCounts } from '@reprise/providers';
import Database from 'better-sqlite3';
import { printFigure } from './print-figure.ts';
import { elapsedMs, interleavedMedians } from './timing.ts';

const TURNS = 1_000_000;
const ROUNDS = 5;
const TURNS_PER_SESSION = 50;
const MODELS = ['claude-opus-5', 'claude-sonnet-4-5', 'claude-haiku-5-5', 'claude-opus-5-5', 'gpt-5.2'];

/** What somebody would write by hand who wants to know the tokens and the recorded costs, and how many rows lack them. */
const BARE = `
  SELECT date(started_at / 1000, 'unixepoch') AS day, model, count(*),
    sum(fresh), sum(cache_read), sum(cache_write_5m), sum(cache_write_1h), sum(cache_write_30m), sum(cache_write_12h),
    sum(cache_write_unknown), sum(output), sum(reasoning), sum(cost_pico_usd),
    count(fresh), count(cache_read), count(cache_write_5m), count(cache_write_1h), count(cache_write_30m),
    count(cache_write_12h), count(cache_write_unknown), count(output), count(reasoning), count(cost_pico_usd)
  FROM turns GROUP BY 1, 2`;

/** A store of a million turns by day and model, priced, with what caching saved: to bare sums in SQL over the same file. */
export async function printStoreSummary(folder: string): Promise<void> {
  const path = `${folder}/million.db`;
  await openSqliteStore(path).close();
  fill(path);
  const bare = new Database(path, { readonly: true });
  const store = openSqliteStore(path);
  const heapBefore = heapMb();
  let heap = 0;
  const [bareMs = 0, auditMs = 0] = await interleavedMedians(ROUNDS, [
    () => elapsedMs(() => bare.prepare(BARE).all()),
    () =>
      elapsedMs(async () => {
        const { total } = await auditStore(store, { by: ['day', 'model'] });
        heap = Math.max(heap, heapMb() - heapBefore);
        if (total.turnCount !== TURNS || total.unpricedTurns > 0) throw new Error('The summary has lost turns.');
      }),
  ]);
  bare.close();
  await store.close();
  printFigure({
    name: 'a million turns by day and model',
    value: auditMs / bareMs,
    unit: '× the bare SQL',
    limit: 1.3,
    from: `${auditMs.toFixed(0)} ms against ${bareMs.toFixed(0)} ms`,
  });
  printFigure({ name: '  memory for it', value: heap, unit: 'MB of heap', limit: 64, from: `${TURNS} turns` });
}

function heapMb(): number {
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Rows as an agent's, of sessions of fifty turns, a turn every half minute. */
function fill(path: string): void {
  const database = new Database(path);
  database.pragma('foreign_keys = OFF');
  database.pragma('synchronous = OFF');
  const insert = database.prepare(`
    INSERT INTO turns (id, entry, session_id, ordinal, response_id, family, model, started_at, prefix_fingerprint, prefix_blocks,
      request_options, marks, first_token_ms, duration_ms, stop_reason, usage_state, fresh, cache_read, cache_write_5m, cache_write_1h,
      output, server_tools, raw_usage, service_tier, cost_pico_usd, hash)
    VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, 10, ?, ?, 300.5, 900.25, 'end-turn', 'final', ?, ?, ?, ?, ?, '{}', ?, ?, ?, ?)`);
  const rates = MODELS.map(ratesOf);
  database.transaction(() => {
    for (let index = 0; index < TURNS; index += 1) {
      const rate = rates[index % MODELS.length];
      if (rate) insert.run(...columnsOf(index, rate));
    }
  })();
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

type Rates = ReturnType<typeof ratesOf>;

/** picoUSD for one token of each kind. */
function ratesOf(model: string) {
  const family = model.startsWith('claude') ? 'anthropic' : 'openai-responses';
  const tokens = tokenCounts({ fresh: 0, cacheRead: 0, cacheWrite: { '5m': 0, '1h': 0 }, output: 0 });
  const parts = priceTurn(tokens, { family, model, at: FIRST_AT }).iterations[0]?.parts;
  return {
    family,
    model,
    fresh: parts?.fresh.picoUsdPerToken ?? 0n,
    read: parts?.cacheRead?.picoUsdPerToken ?? 0n,
    written: parts?.cacheWrite['5m']?.picoUsdPerToken ?? 0n,
    output: parts?.output.picoUsdPerToken ?? 0n,
  };
}

const FIRST_AT = Date.UTC(2026, 0, 1);
const HALF_MINUTE_MS = 30_000;
const HEX = '0123456789abcdef'.repeat(4);
const OPTIONS = JSON.stringify({
  maxTokens: 4096,
  prefix: [HEX.slice(0, 16), HEX.slice(16, 32)],
  family: 'f',
  model: 'm',
});
const MARK = { blockIndex: 9, lifetime: '5m', reason: 'end of the conversation, for the next turn to read' };
const MARKS = JSON.stringify([MARK, { ...MARK, blockIndex: 7 }]);

function columnsOf(
  index: number,
  { family, model, fresh: freshRate, read: readRate, written: writeRate, output: outputRate }: Rates,
) {
  const [fresh, read, written, output] = [
    1 + (index % 977),
    (index * 37) % 90_000,
    (index * 13) % 3_000,
    1 + (index % 800),
  ];
  const cost =
    BigInt(fresh) * freshRate + BigInt(read) * readRate + BigInt(written) * writeRate + BigInt(output) * outputRate;
  const usage = {
    input_tokens: fresh,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    cache_creation: { ephemeral_5m_input_tokens: written, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
    service_tier: 'standard',
    inference_geo: 'global',
  };
  const name = String(index).padStart(20, '0');
  const session = String(Math.floor(index / TURNS_PER_SESSION)).padStart(20, '0');
  return [
    ...[`turn-${name}`, `session-${session}`, (index % TURNS_PER_SESSION) + 1, `msg_${name}`, family, model],
    ...[FIRST_AT + index * HALF_MINUTE_MS, `sha256:${HEX}`, OPTIONS, MARKS, fresh, read, written, 0, output],
    ...[JSON.stringify(usage), 'standard', cost, HEX],
  ];
}
