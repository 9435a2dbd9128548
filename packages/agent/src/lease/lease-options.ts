import { AgentError } from '../errors.ts';
import type { OnBusy } from './take-lease.ts';

export interface BusyOptions {
  /** What to do while another run has the session; see `OnBusy`. Default `reject`. */
  readonly onBusy?: OnBusy;
  /** How long `queue`, `steer` and `interrupt` wait at most, in milliseconds. Default 600 000. */
  readonly queueTimeoutMs?: number;
}

export interface LeaseOptions extends BusyOptions {
  /**
   * How long after a process has died or lost its connection another one may take the session over, in milliseconds. Default 30 000. On
   * the same machine a process that is gone is not waited for.
   */
  readonly leaseTtlMs?: number;
}

export type LeaseTerms = Required<LeaseOptions>;

const DEFAULTS: LeaseTerms = { onBusy: 'reject', queueTimeoutMs: 600_000, leaseTtlMs: 30_000 };

/** The longest time a timer can wait for. */
const MAX_MS = 2 ** 31 - 1;

/** The options with what they leave open taken from the defaults. Throws `agent/invalid-option` for what cannot work. */
export function leaseTerms(options: LeaseOptions, defaults: LeaseTerms = DEFAULTS): LeaseTerms {
  const terms = {
    onBusy: options.onBusy ?? defaults.onBusy,
    queueTimeoutMs: options.queueTimeoutMs ?? defaults.queueTimeoutMs,
    leaseTtlMs: options.leaseTtlMs ?? defaults.leaseTtlMs,
  };
  if (!['reject', 'queue', 'steer', 'interrupt'].includes(terms.onBusy)) {
    throw invalid('onBusy', terms.onBusy, "'reject', 'queue', 'steer' or 'interrupt'");
  }
  for (const name of ['queueTimeoutMs', 'leaseTtlMs'] as const) {
    const value = terms[name];
    if (!Number.isInteger(value) || value < 1 || value > MAX_MS) {
      throw invalid(name, value, `a whole number of milliseconds from 1 to ${MAX_MS}`);
    }
  }
  return terms;
}

function invalid(name: string, value: unknown, expected: string): AgentError {
  return new AgentError('agent/invalid-option', `${name} is ${value}; it must be ${expected}.`);
}
