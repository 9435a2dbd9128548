import { cacheWriteCount, countOrZero } from '@reprise/providers';
import { Counter, Gauge, type Registry } from 'prom-client';
import { tenantOf } from '../../http/caller.ts';
import type { Observer } from '../service-news.ts';

const PICO = 1e12;

/** Turns, tokens and money. Of a sum of dollars the last digits are rounded; the ledger has them. */
export function createModelMetrics(register: Registry, { byTenant }: { readonly byTenant: boolean }): Observer {
  const whose = byTenant ? ['model', 'tenant'] : ['model'];
  const counter = (name: string, help: string, ...labels: readonly string[]) =>
    new Counter({ name, help, labelNames: [...whose, ...labels], registers: [register] });
  const turns = counter('reprise_turns_total', 'Responses of models that are in the ledger.', 'stop_reason');
  const tokens = counter(
    'reprise_tokens_total',
    'Tokens that models have reported; no token is in two buckets.',
    'bucket',
  );
  const cost = counter('reprise_cost_dollars_total', 'What responses have cost, by the price list.');
  const unpriced = counter('reprise_unpriced_turns_total', 'Responses whose cost is not known.');
  const compactions = new Counter({
    name: 'reprise_compaction_cost_dollars_total',
    help: 'What the summaries of compacted conversations have cost.',
    registers: [register],
  });
  const ratio = new Gauge({
    name: 'reprise_cache_hit_ratio',
    help: 'Of all prompt tokens since the process began, the part that was read from a cache.',
    registers: [register],
  });
  let [read, prompt] = [0, 0];
  return (news) => {
    if (news.type === 'compaction-end') compactions.inc(Number(news.costPicoUsd ?? 0n) / PICO);
    if (news.type !== 'turn-end') return;
    const { turn, costPicoUsd, sessionId } = news;
    const labels = { model: turn.model, ...(byTenant ? { tenant: tenantOf(sessionId) } : {}) };
    const buckets = {
      fresh: countOrZero(turn.tokens.fresh),
      cache_read: countOrZero(turn.tokens.cacheRead),
      cache_write: countOrZero(cacheWriteCount(turn.tokens)),
      output: countOrZero(turn.tokens.output),
    };
    turns.inc({ ...labels, stop_reason: turn.stopReason });
    for (const [bucket, count] of Object.entries(buckets)) tokens.inc({ ...labels, bucket }, count);
    if (costPicoUsd === undefined) unpriced.inc(labels);
    else cost.inc(labels, Number(costPicoUsd) / PICO);
    read += buckets.cache_read;
    prompt += buckets.fresh + buckets.cache_read + buckets.cache_write;
    if (prompt > 0) ratio.set(read / prompt);
  };
}
