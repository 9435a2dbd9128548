import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import { useEffect, useRef } from 'preact/hooks';
import { isDark } from '../../data/theme.ts';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

export interface BarSeries {
  readonly name: string;
  /** The name of a colour in `tokens.css`, such as `--read`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

/** Stacked bars. What it shows stands in a table or list beside it, for readers who cannot see it. */
export function BarChart({
  labels,
  series,
  format,
  selected,
  onPick,
  titleOf,
}: {
  readonly labels: readonly string[];
  readonly series: readonly BarSeries[];
  readonly format: (value: number) => string;
  /** The place of the bar that is marked. */
  readonly selected?: number | undefined;
  readonly onPick?: (index: number) => void;
  /** What stands above the numbers of a bar. */
  readonly titleOf?: (index: number) => string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<Chart<'bar', (number | null)[]>>(undefined);
  const pick = useRef(onPick);
  pick.current = onPick;
  const dark = isDark();
  useEffect(() => {
    if (!canvas.current) return undefined;
    const drawn = new Chart<'bar', (number | null)[]>(canvas.current, {
      type: 'bar',
      data: { labels: [], datasets: [] },
      options: {
        animation: false,
        maintainAspectRatio: false,
        onClick: (_event, elements) => {
          const [first] = elements;
          if (first) pick.current?.(first.index);
        },
        interaction: { mode: 'index', intersect: false },
      },
    });
    chart.current = drawn;
    return () => drawn.destroy();
  }, []);
  useEffect(() => {
    const drawn = chart.current;
    if (!drawn) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    drawn.data.labels = [...labels];
    drawn.data.datasets = series.map(({ name, colour: token, values }) => ({
      label: name,
      data: [...values],
      backgroundColor: values.map((_, index) =>
        selected === undefined || index === selected ? colour(token) : `${colour(token)}99`,
      ),
      stack: 'all',
      maxBarThickness: 64,
    }));
    const axis = { stacked: true, ticks: { color: colour('--text-quiet') }, border: { color: colour('--line') } };
    drawn.options.scales = {
      x: { ...axis, grid: { display: false }, ticks: { ...axis.ticks, autoSkip: true, maxRotation: 0 } },
      y: {
        ...axis,
        grid: { color: colour('--line') },
        ticks: { ...axis.ticks, callback: (value) => format(Number(value)) },
      },
    };
    drawn.options.plugins = {
      tooltip: {
        callbacks: {
          title: ([first]) => (first ? (titleOf?.(first.dataIndex) ?? first.label) : ''),
          label: ({ dataset, parsed }) =>
            `${dataset.label ?? ''}: ${parsed.y === null ? 'not reported' : format(parsed.y)}`,
        },
      },
    };
    drawn.update('none');
  }, [labels, series, selected, dark]);
  return (
    <div class="chart">
      <canvas ref={canvas} role="img" aria-label="Chart of what is listed beside it" />
    </div>
  );
}
