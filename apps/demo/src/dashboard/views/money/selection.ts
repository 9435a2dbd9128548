import type { StatementKey } from '@reprise/service/client';

/** Which turns are looked at, and how they are grouped: what the address of the page says. */
export interface Selection {
  readonly by: StatementKey;
  readonly range: Range;
  /** Days such as `2026-11-21`, of the reader's zone, both included; open where one is left out. Heeded where the range is `days`. */
  readonly from?: string;
  readonly to?: string;
  readonly model?: string;
  readonly session?: string;
  /** Another tenant's, or `*` for all, where an operator looks. */
  readonly tenant?: string;
}

/** How far back the turns go: so many days, the last of which is today; or the days that the selection names. */
export type Range = 'today' | '7' | '30' | '90' | 'all' | 'days';

/** The ranges in the order they are offered. */
export const RANGES: readonly (readonly [range: Range, name: string])[] = [
  ['today', 'today'],
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['all', 'all time'],
  ['days', 'from … to …'],
];

/** What turns can be grouped by, in the order it is offered. */
export const KEYS: readonly StatementKey[] = ['day', 'model', 'session', 'tenant'];

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What an address asks for; what it does not say, or says wrongly, is as ever: by day, of 30 days, or of all time where a session is named. */
export function readSelection(query: Readonly<Record<string, string>>): Selection {
  const { by, range, from, to, model, session, tenant } = query;
  const day = (name: 'from' | 'to', text = '') => (DAY.test(text) ? { [name]: text } : {});
  const days = { ...day('from', from), ...day('to', to) };
  const isOfDays = Object.keys(days).length > 0 && range === undefined;
  return {
    by: KEYS.find((key) => key === by) ?? 'day',
    range: isOfDays ? 'days' : (RANGES.find(([name]) => name === range)?.[0] ?? usualRange(session)),
    ...days,
    ...(model ? { model } : {}),
    ...(session ? { session } : {}),
    ...(tenant ? { tenant } : {}),
  };
}

/** The address of a selection. */
export function selectionAddress({ by, range, from, to, model, session, tenant }: Selection): string {
  const isOfDays = range === 'days';
  const fields = {
    by: by === 'day' ? undefined : by,
    range: range === usualRange(session) || (isOfDays && (from ?? to) !== undefined) ? undefined : range,
    from: isOfDays ? from : undefined,
    to: isOfDays ? to : undefined,
    model,
    session,
    tenant,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value) query.set(name, value);
  return query.size > 0 ? `/money?${query}` : '/money';
}

function usualRange(session: string | undefined): Range {
  return session ? 'all' : '30';
}

/** The turns of a selection, as the service is asked for them. */
export interface SelectedTurns {
  /** Epoch milliseconds. */
  readonly since?: number;
  readonly until?: number;
  readonly models?: readonly string[];
  readonly sessions?: readonly string[];
}

/** `now` is epoch milliseconds; days are those of the reader's zone. */
export function selectedTurns({ range, from, to, model, session }: Selection, now: number): SelectedTurns {
  const since = range === 'days' ? midnightOf(from, 0) : daysBefore(range, now);
  const until = range === 'days' ? midnightOf(to, 1) : undefined;
  return {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(model === undefined ? {} : { models: [model] }),
    ...(session === undefined ? {} : { sessions: [session] }),
  };
}

/** Midnight of the first of so many days that end with today. */
function daysBefore(range: Exclude<Range, 'days'>, now: number): number | undefined {
  if (range === 'all') return undefined;
  const days = range === 'today' ? 1 : Number(range);
  const today = new Date(now);
  // By the calendar: days are not all of one length where clocks are set.
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() - (days - 1)).getTime();
}

/** So many days after the midnight with which a day begins. */
function midnightOf(day: string | undefined, later: number): number | undefined {
  const [year, month, date] = day?.split('-').map(Number) ?? [];
  if (year === undefined || month === undefined || date === undefined) return undefined;
  const at = new Date(year, month - 1, date + later).getTime();
  return Number.isNaN(at) ? undefined : Math.max(0, at);
}
