import './money.css';
import type { StatementBody, StatementKey } from '@reprise/service/client';
import { useMemo, useState } from 'preact/hooks';
import { lazy } from 'preact-iso';
import { client } from '../../data/client.ts';
import { useResource } from '../../data/use-resource.ts';
import { Empty, Failure, Loading } from '../../parts/notice.tsx';
import { dollarsOf, type Period, periodOf, RANGES } from './period.ts';
import { StatementTable } from './statement-table.tsx';
import { Totals } from './totals.tsx';

const BarChart = lazy(() => import('../../parts/chart/bar-chart.tsx').then((module) => module.BarChart));

const KEYS: readonly StatementKey[] = ['day', 'model', 'session', 'tenant'];
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What was spent and what caching saved, by what the reader asks for. */
export function Money() {
  const [by, setBy] = useState<StatementKey>('day');
  const [range, setRange] = useState<keyof typeof RANGES>('30 days');
  const period = useMemo(() => periodOf(range, Date.now()), [range]);
  const statement = useResource(
    (signal) => client.value.statement({ by, ...period, timeZone: ZONE, signal }),
    [by, range],
  );
  const { value } = statement;
  return (
    <div class="money">
      <header class="view-head">
        <h1>Money</h1>
        <Choice name="By" value={by} values={KEYS} onPick={setBy} />
        <Choice name="Time" value={range} values={Object.keys(RANGES) as (keyof typeof RANGES)[]} onPick={setRange} />
        <Reports by={by} period={period} />
      </header>
      {statement.error && <Failure error={statement.error} onRetry={statement.reload} />}
      {!value && !statement.error && <Loading what="the statement" />}
      {value && value.total.turnCount === 0 && (
        <Empty title="Nothing was spent">
          <p>No model was asked in this time.</p>
        </Empty>
      )}
      {value && value.total.turnCount > 0 && (
        <>
          <Totals sums={value.total} />
          <MoneyChart statement={value} by={by} />
          <StatementTable statement={value} by={by} />
          <p class="quiet">Days are those of {value.timeZone}. Prices are those of the time each turn was made.</p>
        </>
      )}
    </div>
  );
}

/** The bars: what was paid, and on top of it what would have been paid without the cache. */
function MoneyChart({ statement: { groups }, by }: { readonly statement: StatementBody; readonly by: StatementKey }) {
  const labels = useMemo(() => groups.map(({ key }) => key[by] ?? ''), [groups, by]);
  const series = useMemo(
    () => [
      {
        name: 'paid',
        colour: '--paid',
        values: groups.map(({ sums }) => dollarsOf(sums.covered.money.paidPicoUsd)),
      },
      {
        name: 'saved',
        colour: '--saved',
        values: groups.map(({ sums }) => Math.max(0, dollarsOf(sums.covered.money.savedPicoUsd))),
      },
    ],
    [groups],
  );
  return (
    <>
      <ul class="legend money-legend">
        <li>paid</li>
        <li class="is-saved">saved by the cache</li>
      </ul>
      <BarChart labels={labels} series={series} format={dollarText} />
    </>
  );
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

function Choice<Value extends string>({
  name,
  value,
  values,
  onPick,
}: {
  readonly name: string;
  readonly value: Value;
  readonly values: readonly Value[];
  readonly onPick: (value: Value) => void;
}) {
  return (
    <label class="field">
      {name}
      <select
        value={value}
        onChange={({ currentTarget }) => {
          const picked = values.find((each) => each === currentTarget.value);
          if (picked !== undefined) onPick(picked);
        }}
      >
        {values.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The same as a file: CSV for a sheet, HTML for people. */
function Reports({ by, period }: { readonly by: StatementKey; readonly period: Period }) {
  const [error, setError] = useState<string>();
  const save = async (type: 'text/csv' | 'text/html', name: string) => {
    setError(undefined);
    try {
      const response = await client.value.report({ type, by: by === 'tenant' ? 'day' : by, ...period });
      const url = URL.createObjectURL(await response.blob());
      const link = Object.assign(document.createElement('a'), { href: url, download: name });
      link.click();
      URL.revokeObjectURL(url);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  };
  return (
    <p class="reports">
      <button type="button" class="button" onClick={() => void save('text/csv', 'statement.csv')}>
        CSV
      </button>
      <button type="button" class="button" onClick={() => void save('text/html', 'statement.html')}>
        HTML report
      </button>
      {error && <span role="alert">{error}</span>}
    </p>
  );
}
