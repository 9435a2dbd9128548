import './timeline.css';
import type { SessionBody } from '@reprise/service/client';
import { useEffect, useRef } from 'preact/hooks';
import { moneyText, tokenText, turnsText } from '../../../data/format.ts';
import { selectedTurn } from '../../../data/selected-turn.ts';
import { Empty, Failure, Loading } from '../../../parts/notice.tsx';
import { TokenLegend } from '../../../parts/token-bar/token-bar.tsx';
import { TurnDetail } from '../turn-detail/turn-detail.tsx';
import type { TurnBar } from './turn-bars.ts';
import { TurnStrip } from './turn-strip.tsx';
import { useTurns } from './use-turns.ts';

/** The turns of the branch along time, and what the reader picks of them. */
export function Timeline({ session: { id: sessionId, updatedAt, state } }: { readonly session: SessionBody }) {
  const { bars, earlier, isExplaining, error, reload, loadEarlier } = useTurns(sessionId, updatedAt);
  const detail = useRef<HTMLElement>(null);
  useEffect(() => () => pick(undefined), [sessionId]);
  if (!bars) return error ? <Failure error={error} onRetry={reload} /> : <Loading what="the turns" />;
  if (bars.length === 0) return <Empty title="No turns yet">They appear here as the model answers.</Empty>;
  const last = bars.at(-1);
  const picked = bars.find(({ turn }) => turn.id === selectedTurn.value) ?? last;
  return (
    <div class="timeline">
      {error && <Failure error={error} onRetry={reload} />}
      <TokenLegend />
      <TurnStrip
        bars={bars}
        earlier={earlier}
        picked={picked}
        onPick={pick}
        onOpen={() => detail.current?.focus()}
        onEarlier={loadEarlier}
      />
      <p class="timeline-range quiet">
        {rangeText(bars, earlier)}
        {earlier > 0 && (
          <button type="button" class="button" onClick={() => void loadEarlier('all').catch(() => {})}>
            Load all
          </button>
        )}
      </p>
      <p class="quiet" role="status">
        {isExplaining && 'Looking for what broke the cache …'}
      </p>
      <Breaks bars={bars} picked={picked} />
      {picked && (
        <TurnDetail
          sessionId={sessionId}
          bar={picked}
          isNewest={picked === last && state !== 'running'}
          heading={detail}
        />
      )}
    </div>
  );
}

function pick(id: string | undefined): void {
  selectedTurn.value = id;
}

function rangeText(bars: readonly TurnBar[], earlier: number): string {
  const total = earlier + bars.length;
  const turns = turnsText(total);
  return earlier === 0 ? turns : `The last ${tokenText(bars.length)} of ${turns}`;
}

/** Where the cache broke, from one place to the next. */
function Breaks({ bars, picked }: { readonly bars: readonly TurnBar[]; readonly picked: TurnBar | undefined }) {
  const broken = bars.filter(({ brokenBy }) => brokenBy !== undefined);
  if (broken.length === 0) return null;
  const at = picked?.number ?? 0;
  const before = broken.findLast(({ number }) => number < at);
  const after = broken.find(({ number }) => number > at);
  const lost = broken.map(({ brokenBy }) => brokenBy?.lostPicoUsd ?? null);
  const known = lost.filter((picoUsd) => picoUsd !== null).reduce((sum, picoUsd) => sum + BigInt(picoUsd), 0n);
  const isKnown = known > 0n || !lost.includes(null);
  return (
    <div class="timeline-breaks">
      <span class="badge is-warning">
        {broken.length === 1 ? '1 cache break' : `${broken.length} cache breaks`}
        {isKnown && `, ${lost.includes(null) ? '≥ ' : ''}${moneyText(`${known}`)} lost`}
      </span>
      <button type="button" class="button" disabled={!before} onClick={() => pick(before?.turn.id)}>
        ‹ Earlier break
      </button>
      <button type="button" class="button" disabled={!after} onClick={() => pick(after?.turn.id)}>
        Later break ›
      </button>
    </div>
  );
}
