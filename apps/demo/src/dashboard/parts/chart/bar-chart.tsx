import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  LinearScale,
  Tooltip,
} from 'chart.js';
import { useEffect, useRef } from 'preact/hooks';
import { isDark } from '../../data/theme.ts';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

interface BarSeries {
  readonly name: string;
  /** The name of a colour in `tokens.css`, such as `--read`. */
  readonly colour: string;
  /** `null` where nobody knows. */
  readonly values: readonly (number | null)[];
}

interface Bars {
  readonly labels: readonly string[];
  readonly series: readonly BarSeries[];
  readonly format: (value: number) => string;
}

type Drawn = Chart<'bar', (number | null)[]>;
type Options = NonNullable<ChartConfiguration<'bar', (number | null)[]>['options']>;

/** Stacked bars. What it shows stands in a table beside it, for readers who cannot see it or have no mouse. */
export function BarChart({ labels, series, format }: Bars) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<Drawn>(undefined);
  const dark = isDark();
  useEffect(() => {
    if (!canvas.current) return undefined;
    const drawn: Drawn = new Chart(canvas.current, { type: 'bar', data: { labels: [], datasets: [] } });
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
      backgroundColor: colour(token),
      maxBarThickness: 64,
    }));
    drawn.options = optionsOf(format, colour);
    drawn.update('none');
  }, [labels, series, format, dark]);
  return (
    <div class="chart">
      <canvas ref={canvas} role="img" aria-label="Chart of what is listed beside it" />
    </div>
  );
}

function optionsOf(format: Bars['format'], colour: (name: string) => string): Options {
  const ticks = { color: colour('--text-quiet') };
  const border = { color: colour('--line') };
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: { stacked: true, border, grid: { display: false }, ticks: { ...ticks, autoSkip: true, maxRotation: 0 } },
      y: {
        stacked: true,
        border,
        grid: { color: colour('--line') },
        ticks: { ...ticks, callback: (value) => format(Number(value)) },
      },
    },
    plugins: {
      tooltip: {
        callbacks: {
          label: ({ dataset, parsed }) =>
            `${dataset.label ?? ''}: ${parsed.y === null ? 'not known' : format(parsed.y)}`,
        },
      },
    },
  };
}
