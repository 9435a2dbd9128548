import type { StatementGroupBody, StatementKey } from '@reprise/service/client';
import { useMemo } from 'preact/hooks';
import { lazy } from 'preact-iso';
import { dollarsOf, groupName } from './statement-rows.ts';

const BarChart = lazy(() => import('../../parts/chart/bar-chart.tsx').then((module) => module.BarChart));

/** The bars: what was paid, and on top of it what would have been paid without the cache. Its figures are those of the table. */
export function MoneyChart({
  groups,
  by,
}: {
  readonly groups: readonly StatementGroupBody[];
  readonly by: StatementKey;
}) {
  const labels = useMemo(() => groups.map((group) => shortName(groupName(group, by))), [groups, by]);
  const series = useMemo(
    () => [
      { name: 'paid', colour: '--paid', values: groups.map(({ sums }) => dollarsOf(sums.money?.paidPicoUsd)) },
      { name: 'saved', colour: '--saved', values: groups.map(savedDollars) },
    ],
    [groups],
  );
  return (
    <figure class="money-chart">
      <figcaption>
        <ul class="legend money-legend">
          <li>paid</li>
          <li class="is-saved">saved by the cache</li>
        </ul>
      </figcaption>
      <BarChart labels={labels} series={series} format={dollarText} />
    </figure>
  );
}

/** Beneath a bar there is little room; the table has the whole name. */
function shortName(name: string): string {
  return name.length > 24 ? `${name.slice(0, 11)}…${name.slice(-11)}` : name;
}

function savedDollars({ sums: { covered } }: StatementGroupBody): number | null {
  return covered.turnCount === 0 ? null : Math.max(0, dollarsOf(covered.money.savedPicoUsd) ?? 0);
}

const dollars = new Intl.NumberFormat(undefined, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});

function dollarText(value: number): string {
  return dollars.format(value);
}
