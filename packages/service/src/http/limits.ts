import { ServiceError } from '../errors.ts';

/** What one tenant may ask for. */
export interface Limits {
  /** Of a request's body, counted as it comes. Default 10 485 760. */
  readonly maxBodyBytes: number;
  /** How long a body may take to come, in milliseconds. Default 30 000. */
  readonly bodyTimeoutMs: number;
  /** How deep its JSON may be nested. Default 32. */
  readonly maxJsonDepth: number;
  /** Of the texts of a message, in characters. Default 400 000. */
  readonly maxMessageChars: number;
  /** Of a session's metadata as JSON, in characters. Default 16 384. */
  readonly maxMetadataChars: number;
  /** How many sessions a tenant has at most. Default 100 000. */
  readonly maxSessions: number;
  /** How many runs of a tenant stand in line or are going. Default 100. Processes beside each other may each let one more in. */
  readonly maxRuns: number;
  /** What a tenant's responses may cost in a day of UTC, in picoUsd, such as `usd('20')`. The run that reaches it goes on. Default: no limit. */
  readonly maxPicoUsdPerDay: bigint | undefined;
}

/** What differs from the defaults, for all tenants or of each. */
export type LimitOptions = Partial<Limits> | ((tenant: string) => Partial<Limits> | Promise<Partial<Limits>>);

const DEFAULTS: Limits = {
  maxBodyBytes: 10 * 1024 * 1024,
  bodyTimeoutMs: 30_000,
  maxJsonDepth: 32,
  maxMessageChars: 400_000,
  maxMetadataChars: 16_384,
  maxSessions: 100_000,
  maxRuns: 100,
  maxPicoUsdPerDay: undefined,
};

/** The limits of each tenant. Throws `service/invalid-option`; for a function, when it is asked. */
export function limitsOf(options: LimitOptions = {}): (tenant: string) => Promise<Limits> {
  if (typeof options === 'function') return async (tenant) => withDefaults(await options(tenant));
  const limits = withDefaults(options);
  return async () => limits;
}

function withDefaults(options: Partial<Limits>): Limits {
  const limits = { ...DEFAULTS, ...definedOf(options) };
  const { maxPicoUsdPerDay, ...counts } = limits;
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 0) throw invalidLimit(name, value);
  }
  if (maxPicoUsdPerDay !== undefined && typeof maxPicoUsdPerDay !== 'bigint') {
    throw invalidLimit('maxPicoUsdPerDay', maxPicoUsdPerDay);
  }
  return limits;
}

function definedOf(options: Partial<Limits>): Partial<Limits> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function invalidLimit(name: string, value: unknown): ServiceError {
  const expected = name === 'maxPicoUsdPerDay' ? "a bigint, such as usd('20')" : 'a whole number from 0';
  return new ServiceError('service/invalid-option', `The limit ${name} is ${value}; ${expected} is expected.`);
}
