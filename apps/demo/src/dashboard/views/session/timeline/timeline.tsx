import './timeline.css';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { lazy } from 'preact-iso';
import { client } from '../../../data/client.ts';
import { exactTimeText, moneyText, shortCount } from '../../../data/format.ts';
import { selectedTurn } from '../../../data/selected-turn.ts';
import { useResource } from '../../../data/use-resource.ts';
import { Empty, Failure, Loading } from '../../../parts/notice.tsx';
import { TokenBar, TokenLegend } from '../../../parts/token-bar/token-bar.tsx';
import { BUCKETS } from '../../../parts/token-bar/token-buckets.ts';
import { TurnDetail } from '../turn-detail/turn-detail.tsx';
import { type TurnBar, turnBars } from './turn-bars.ts';

const BarChart = lazy(() => import('../../../parts/chart/bar-chart.tsx').then((module) => module.BarChart));

/** How many turns are shown at once. */
const WINDOW = 50;

/** The turns of the branch as bars, and what the reader picks of them. */
export function Timeline({ sessionId, turnCount }: { readonly sessionId: string; readonly turnCount: number }) {
  const turns = useResource((signal) => readTurns(sessionId, signal), [sessionId, turnCount]);
  const explanation = useResource(
    (signal) => client.value.sessions.explanation(sessionId, { signal }),
    [sessionId, turnCount],
  );
  const bars = useMemo(() => turnBars(turns.value ?? [], explanation.value), [turns.value, explanation.value]);
  const [end, setEnd] = useState(bars.length);
  useEffect(() => setEnd(bars.length), [bars.length]);
  if (turns.error) return <Failure error={turns.error} onRetry={turns.reload} />;
  if (!turns.value) return <Loading what="the turns" />;
  if (bars.length === 0) return <Empty title="No turns yet">They appear here as the model answers.</Empty>;
  const start = Math.max(0, Math.min(end, bars.length) - WINDOW);
  const shown = bars.slice(start, start + WINDOW);
  const picked = bars.find(({ turn }) => turn.id === selectedTurn.value) ?? bars.at(-1);
  const brokenBy = explanation.value?.breaks.find(({ turnId }) => turnId === picked?.turn.id);
  return (
    <div class="timeline">
      <TokenLegend />
      <Bars bars={shown} picked={picked} />
      {bars.length > WINDOW && (
        <p class="timeline-pages">
          <button type="button" class="button" disabled={start === 0} onClick={() => setEnd(start + WINDOW / 2)}>
            Earlier
          </button>
          <span class="quiet">
            {start + 1} to {start + shown.length} of {bars.length}
          </span>
          <button type="button" class="button" disabled={end >= bars.length} onClick={() => setEnd(end + WINDOW / 2)}>
            Later
          </button>
        </p>
      )}
      <TurnList bars={shown} picked={picked} />
      {picked && <TurnDetail sessionId={sessionId} bar={picked} brokenBy={brokenBy} isLast={picked === bars.at(-1)} />}
    </div>
  );
}

function Bars({ bars, picked }: { readonly bars: readonly TurnBar[]; readonly picked: TurnBar | undefined }) {
  const labels = useMemo(
    () => bars.map(({ turn, missedTokens }) => `${missedTokens > 0 ? '⚠ ' : ''}${clockText(turn.startedAt)}`),
    [bars],
  );
  const series = useMemo(
    () =>
      BUCKETS.map(({ name, field }) => ({
        name,
        colour: `--${name}`,
        values: bars.map(({ tokens }) => tokens[field]),
      })),
    [bars],
  );
  return (
    <BarChart
      labels={labels}
      series={series}
      format={shortCount}
      selected={picked ? bars.indexOf(picked) : undefined}
      onPick={(index) => {
        selectedTurn.value = bars[index]?.turn.id;
      }}
      titleOf={(index) => {
        const bar = bars[index];
        return bar ? `Turn ${bar.number}, ${exactTimeText(bar.turn.startedAt)}` : '';
      }}
    />
  );
}

/** The same turns as a list: what a keyboard or a screen reader picks from. */
function TurnList({ bars, picked }: { readonly bars: readonly TurnBar[]; readonly picked: TurnBar | undefined }) {
  return (
    <ol class="turn-list" start={bars[0]?.number ?? 1}>
      {bars.map((bar) => (
        <li key={bar.turn.id}>
          <button
            type="button"
            aria-pressed={bar === picked}
            onClick={() => {
              selectedTurn.value = bar.turn.id;
            }}
          >
            <span>
              {bar.number}{' '}
              <span class="quiet" title={exactTimeText(bar.turn.startedAt)}>
                {clockText(bar.turn.startedAt)}
              </span>
            </span>
            <TokenBar tokens={bar.tokens} />
            <span class="number">{moneyText(bar.turn.costPicoUsd)}</span>
            {bar.missedTokens > 0 && (
              <span class="badge is-warning">cache broken: {shortCount(bar.missedTokens)} missed</span>
            )}
          </button>
        </li>
      ))}
    </ol>
  );
}

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

function clockText(at: number): string {
  return clock.format(at);
}

async function readTurns(sessionId: string, signal: AbortSignal) {
  return Array.fromAsync(client.value.sessions.turns(sessionId, { limit: 1000, signal }));
}
