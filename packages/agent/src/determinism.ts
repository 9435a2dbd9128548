import { createHash } from 'node:crypto';
import { AgentError } from './errors.ts';
import type { Ports } from './ports.ts';

export interface DeterminismOptions {
  /** Another seed gives other ids and random numbers. A process that resumes a session takes another one, or its ids would be taken. */
  readonly seed: string | number;
  /** Epoch milliseconds of the first reading of the clock. Default 1 000 000 000 000, which is 2001-09-09T01:46:40Z. */
  readonly startAt?: number;
}

/** Ports that say the same in every run. */
export interface Determinism extends Ports {
  random(): number;
  /** Lets that many milliseconds pass before the next reading. */
  advance(byMs: number): void;
}

const DEFAULT_START_AT = 1_000_000_000_000;

/**
 * A clock, ids and random numbers that repeat, for tests and for outputs that are compared: with the same seed, the same model and the same tools, two
 * agents store the same bytes. Nothing global is changed, so two of them side by side do not disturb each other.
 *
 * Each reading of the clock is one millisecond after the last, so that what is stored in an order has times in that order. Who reads it
 * from runs that go on at once gets times in the order in which they happen to read.
 */
export function createDeterminism({ seed, startAt = DEFAULT_START_AT }: DeterminismOptions): Determinism {
  if (!Number.isSafeInteger(startAt)) throw invalid('startAt', startAt, 'a whole number of milliseconds since 1970');
  let now = startAt;
  let ids = 0;
  let numbers = 0;
  return {
    clock() {
      const reading = now;
      now += 1;
      return reading;
    },
    createId() {
      ids += 1;
      return deterministicId(`${seed}\n${ids}`);
    },
    random() {
      numbers += 1;
      return deterministicNumber(`${seed}\nrandom\n${numbers}`);
    },
    advance(byMs) {
      if (!(Number.isSafeInteger(byMs) && byMs >= 0)) throw invalid('byMs', byMs, 'a whole number of at least 0');
      now += byMs;
    },
  };
}

/** In the form of a UUID whose bits mean nothing outside (version 8), for whoever keeps ids in columns of that type. */
function deterministicId(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex');
  const groups = [digits.slice(0, 8), digits.slice(8, 12), `8${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`];
  return [...groups, digits.slice(20, 32)].join('-');
}

/** As many digits as a double holds exactly. */
function deterministicNumber(name: string): number {
  return createHash('sha256').update(name).digest().readUIntBE(0, 6) / 2 ** 48;
}

function invalid(name: string, value: number, expected: string): AgentError {
  return new AgentError('agent/invalid-option', `${name} is ${value}; it must be ${expected}.`);
}
