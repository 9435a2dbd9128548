/**
 * Sums over the ledger rows of a whole store.
 *
 * Owns: what may be asked, and the days of a time zone. Pure, and the same for every store.
 * Leaves to the stores: the adding up.
 *
 * U1. What nobody reported is counted apart and adds nothing: `turns` of a column says how many rows reported it.
 * U2. A row is in exactly one sum, whichever sessions share its branch: that of the session that committed it, also when it was deleted since
 *     and a fork keeps the row.
 * U3. Rows are added up as they stand. They are not checked against their hashes, as rows that are handed out are.
 */

import { isText } from './checks.ts';
import { CheckpointError } from './errors.ts';
import type { TokenColumns, TurnRow } from './ledger.ts';
import type { SessionId } from './session.ts';

/** Which ledger rows; all of them unless told. */
export interface TurnRange {
  /** Epoch milliseconds: requests that were sent then or later. */
  readonly since?: number | undefined;
  /** Epoch milliseconds: requests that were sent before. */
  readonly until?: number | undefined;
  /** Rows that these sessions have committed. */
  readonly sessionIds?: readonly SessionId[] | undefined;
  /** Rows that sessions have committed whose ids begin with this. */
  readonly sessionPrefix?: string | undefined;
  readonly models?: readonly string[] | undefined;
}

/** Whether a row's request was sent in the time of a range, and answered by a model of it, whichever session committed the row. */
export function isTurnIn(
  range: Pick<TurnRange, 'models' | 'since' | 'until'>,
  { startedAt, model }: Pick<TurnRow, 'model' | 'startedAt'>,
): boolean {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, models } = range;
  return startedAt >= since && startedAt < until && (models?.includes(model) ?? true);
}

/** What rows have to have in common to be added up. */
export type TurnKey = keyof TurnSumKey;

export interface TurnSumKey {
  /** The session that committed the row. */
  readonly sessionId: SessionId;
  /** The day its request was sent, such as `2026-11-21`. */
  readonly day: string;
  readonly family: string;
  readonly model: string;
  readonly usageState: TurnRow['usageState'];
  readonly serviceTier: string | null;
  readonly serverTools: string;
  /** Whether the vendor's usage object was kept. */
  readonly hasRawUsage: boolean;
  /** How many of the `promptSteps` its prompt is larger than, cache reads and writes included. */
  readonly promptStep: number;
}

export interface TurnSumQuery extends TurnRange {
  /** One sum for each combination that occurs; one sum of all without any. */
  readonly by: readonly TurnKey[];
  /** Whose days; an IANA name such as `Europe/Berlin`, known from 2015 to 2040. Default `UTC`. */
  readonly timeZone?: string | undefined;
  /** Numbers of tokens, in order; at most 100. */
  readonly promptSteps?: readonly number[] | undefined;
}

/** Rows added up. */
export interface TurnSum {
  /** What the rows have in common: the keys that were asked for. */
  readonly key: Partial<TurnSumKey>;
  readonly turns: number;
  /** Epoch milliseconds of the first and the last request. */
  readonly firstStartedAt: number;
  readonly lastStartedAt: number;
  readonly tokens: Readonly<Record<keyof TokenColumns, ColumnSum>>;
  /** In picoUsd, as recorded. */
  readonly cost: ColumnSum;
}

export interface ColumnSum {
  readonly sum: bigint;
  /** How many rows reported it. */
  readonly turns: number;
}

/** Far more than any price list has. */
const MAX_STEPS = 100;

/** Throws `checkpoint/invalid-write` for a range, a zone or steps that are none. */
export function checkTurnSumQuery({ promptSteps = [], timeZone = 'UTC', ...range }: TurnSumQuery): void {
  checkTurnRange(range);
  const isRising = promptSteps.every(
    (step, index) => Number.isSafeInteger(step) && step > (promptSteps[index - 1] ?? -1),
  );
  if (!isRising || promptSteps.length > MAX_STEPS)
    throw invalidQuery(`The prompt steps ${promptSteps.join(', ')} are not rising integers of at least 0, or too many`);
  offsetsOf(timeZone);
}

/** Throws `checkpoint/invalid-write`. */
export function checkTurnRange({ since, until, sessionIds = [], sessionPrefix = '', models = [] }: TurnRange): void {
  for (const [name, time] of Object.entries({ since, until })) {
    if (time !== undefined && !Number.isFinite(time)) throw invalidQuery(`${name} is ${time}, which is no time`);
  }
  const odd = [...sessionIds, sessionPrefix, ...models].find((text) => !isText(text));
  if (odd !== undefined)
    throw invalidQuery('A session or model that is looked for is not well-formed Unicode text without NUL');
}

/** From a time on, in epoch milliseconds, local time is so many milliseconds ahead of UTC; the first is from the beginning of time. */
export interface ZoneOffset {
  readonly from: number;
  readonly offsetMs: number;
}

const FIRST = Date.UTC(2015, 0, 1);
const LAST = Date.UTC(2041, 0, 1);
const WEEK_MS = 7 * 86_400_000;
const MINUTE_MS = 60_000;

/** Throws `checkpoint/invalid-write` for a zone that nobody knows. */
export function offsetsOf(timeZone: string): readonly ZoneOffset[] {
  const offsetAt = offsetReader(timeZone);
  const offsets: ZoneOffset[] = [{ from: Number.NEGATIVE_INFINITY, offsetMs: offsetAt(FIRST) }];
  if (timeZone === 'UTC') return offsets;
  for (let week = FIRST; week < LAST; week += WEEK_MS) {
    if (offsetAt(week) === offsetAt(week + WEEK_MS)) continue;
    // No zone has changed twice in a week.
    let [before, after] = [week, week + WEEK_MS];
    while (after - before > MINUTE_MS) {
      const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
      if (offsetAt(middle) === offsetAt(before)) before = middle;
      else after = middle;
    }
    offsets.push({ from: after, offsetMs: offsetAt(after) });
  }
  return offsets;
}

function offsetReader(timeZone: string): (at: number) => number {
  if (timeZone === 'UTC') return () => 0;
  const format = formatOf(timeZone);
  return (at) => {
    const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
    const offsetMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
    return sign === '-' ? -offsetMs : offsetMs;
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch (cause) {
    throw invalidQuery(`'${timeZone}' is not the name of a time zone`, cause);
  }
}

/** `what` is a sentence without its full stop. */
function invalidQuery(what: string, cause?: unknown): CheckpointError {
  return new CheckpointError('checkpoint/invalid-write', `${what}.`, { cause });
}

const DAY_MS = 86_400_000;

/** The day of a time in a zone, as `sumTurns` tells it. Throws `checkpoint/invalid-write` for a zone that nobody knows. */
export function dayReader(timeZone = 'UTC'): (at: number) => string {
  const offsets = offsetsOf(timeZone);
  return (at) => {
    const { offsetMs } = offsets.findLast(({ from }) => at >= from) ?? { offsetMs: 0 };
    return dayOf(Math.floor((at + offsetMs) / DAY_MS));
  };
}

/** Such as `2026-11-21`, by the number of the day since 1970. */
export function dayOf(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}
