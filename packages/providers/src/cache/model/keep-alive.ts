const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * How long Ollama keeps a model after its last use, in milliseconds: its `keep_alive` is a number of seconds or a text such as `10m` or
 * `1h30m`, 0 lets go at once, a negative one never. `undefined` where the field is absent or says nothing the server would understand.
 * Source: Ollama api/types.go, 2026.
 */
export function keepAliveMs(keepAlive: unknown): number | undefined {
  if (typeof keepAlive === 'number' && !Number.isNaN(keepAlive)) return endless(keepAlive * 1000);
  if (typeof keepAlive !== 'string') return undefined;
  const [, sign, amounts] = /^([-+]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|0)$/.exec(keepAlive) ?? [];
  if (amounts === undefined) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of amounts.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return endless(sign === '-' ? -totalMs : totalMs);
}

function endless(durationMs: number): number {
  return durationMs < 0 ? Number.POSITIVE_INFINITY : durationMs;
}
