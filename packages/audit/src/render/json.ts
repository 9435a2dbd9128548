import type { AuditReport, ReportedSession, ReportRenderer, ReportScope } from '../report/audit-report.ts';

/**
 * A report as JSON.
 *
 * Owns: its shape, which only grows under the same `format`.
 *
 * J1. Money is a string of 10⁻¹² dollars under its name, `paidPicoUsd`, and beside it a string of dollars, `paidUsd`, to the last digit.
 * J2. What nobody knows is `null`; a count that a vendor did not report is `"not-reported"`. Neither is ever 0.
 * J3. Turns stand in `turns` if the report is by turn, and only then.
 */
const JSON_FORMAT = 'reprise-audit/1';

export function jsonRenderer(scope: ReportScope): ReportRenderer {
  let turnCount = 0;
  return {
    *begin() {
      const { madeAt, since, until, by, sources } = scope;
      yield `{"format":"${JSON_FORMAT}","madeAt":${encodeJson(madeAt)},"since":${encodeJson(since)},"until":${encodeJson(until)}`;
      yield `,"by":${encodeJson(by)},"sources":${encodeJson(sources.map(({ path, kind }) => ({ path, kind })))}`;
      if (by === 'turn') yield ',"turns":[';
    },
    *session(session) {
      if (scope.by !== 'turn') return;
      for (const turn of turnsOf(session)) {
        yield `${turnCount === 0 ? '' : ','}\n${encodeJson(turn)}`;
        turnCount += 1;
      }
    },
    *end(report) {
      if (scope.by === 'turn') yield ']';
      for (const [name, value] of Object.entries(fieldsOf(report))) yield `,\n"${name}":${encodeJson(value)}`;
      yield '}\n';
    },
  };
}

function turnsOf({ sessionId, source, statement }: ReportedSession): readonly object[] {
  return statement.turns.map((turn) => ({ sessionId, source, ...turn }));
}

function fieldsOf({
  sessionCount,
  sums,
  groups,
  breaks,
  whatIf,
  advice,
  imports,
  leftOut,
  scope,
}: AuditReport): object {
  return {
    sessionCount,
    sums,
    ...(scope.by === 'turn' ? {} : { groups: groups.map(({ name, sums: of }) => ({ name, ...of })) }),
    ...(breaks ? { breaks: breaks.map(({ found, ...place }) => ({ ...place, ...found })) } : {}),
    ...(whatIf ? { whatIf } : {}),
    ...(advice ? { advice } : {}),
    imports,
    leftOut,
  };
}

/** A value as JSON: money as in J1, other big integers as strings, maps as objects, `undefined` as `null`. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(plain(value));
}

function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value instanceof Map ? Object.fromEntries(value) : value).flatMap(fields));
}

const MONEY_NAME = /(P|^p)icoUsd$/;

function fields([name, value]: readonly [string, unknown]): readonly (readonly [string, unknown])[] {
  const isMoney = MONEY_NAME.test(name) && (typeof value === 'bigint' || value === undefined);
  if (!isMoney) return [[name, plain(value)]];
  const dollars = name.replace(MONEY_NAME, (_all, first: string) => (first === 'P' ? 'Usd' : 'usd'));
  return [
    [name, plain(value)],
    [dollars, typeof value === 'bigint' ? exactDollars(value) : null],
  ];
}

/** US dollars to the last digit, such as `0.0000125`. */
export function exactDollars(picoUsd: bigint): string {
  const digits = (picoUsd < 0n ? -picoUsd : picoUsd).toString().padStart(13, '0');
  const cents = digits.slice(-12).replace(/0+$/, '');
  return `${picoUsd < 0n ? '-' : ''}${digits.slice(0, -12)}${cents === '' ? '' : `.${cents}`}`;
}
