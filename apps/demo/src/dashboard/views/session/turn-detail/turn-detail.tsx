import './turn-detail.css';
import type { TurnBody } from '@reprise/service/client';
import type { RefObject } from 'preact';
import { durationText, exactTimeText, moneyText, tokenText } from '../../../data/format.ts';
import { Fact } from '../../../parts/fact.tsx';
import { BUCKETS } from '../../../parts/token-bar/token-buckets.ts';
import type { TurnBar } from '../timeline/turn-bars.ts';
import { Explanation } from './explanation.tsx';
import { Marks } from './marks.tsx';
import { WarmClock } from './warm-clock.tsx';

/** A turn's ledger row, its marks, and what broke its cache. */
export function TurnDetail({
  sessionId,
  bar: { turn, tokens, number, brokenBy },
  isNewest,
  heading,
}: {
  readonly sessionId: string;
  readonly bar: TurnBar;
  /** Whether the next message goes on from it, so that it matters how long it stays warm. */
  readonly isNewest: boolean;
  /** Takes the focus when the reader opens the turn. */
  readonly heading: RefObject<HTMLElement | null>;
}) {
  return (
    <section class="turn-detail" aria-label={`Turn ${number}`} ref={heading} tabIndex={-1}>
      <h2>Turn {number}</h2>
      {brokenBy && <Explanation brokenBy={brokenBy} />}
      <dl class="facts">
        {BUCKETS.map(({ name, field }) => (
          <Fact key={name} name={name} look={`is-${name}`} value={countText(tokens[field])} />
        ))}
        <Fact name="of output, reasoning" value={countText(turn.tokens.reasoning)} />
        <Fact name="Cost" value={moneyText(turn.costPicoUsd)} />
        <Fact name="Model" value={`${turn.model} (${turn.family}${turn.serviceTier ? `, ${turn.serviceTier}` : ''})`} />
        <Fact name="Ended with" value={turn.stopReason} />
        <Fact name="Usage" value={USAGE[turn.usageState]} />
        <Fact name="Sent" value={exactTimeText(turn.startedAt)} />
        <Fact
          name="First word after"
          value={turn.firstTokenMs === null ? 'not known' : durationText(turn.firstTokenMs)}
        />
        <Fact name="Took" value={durationText(turn.durationMs)} />
        <Fact name="Response" value={turn.responseId ?? 'none'} />
      </dl>
      <Marks marks={turn.marks} />
      <details class="folded">
        <summary>The vendor’s own usage report</summary>
        <pre>{turn.rawUsage === null ? 'There was none.' : JSON.stringify(turn.rawUsage, null, 2)}</pre>
      </details>
      {isNewest && <WarmClock sessionId={sessionId} turnId={turn.id} />}
    </section>
  );
}

const USAGE: Readonly<Record<TurnBody['usageState'], string>> = {
  final: 'reported in full',
  partial: 'reported in part: the stream ended before the vendor’s last word',
  none: 'not reported',
};

function countText(count: number | null): string {
  return count === null ? tokenText(count) : `${tokenText(count)} tokens`;
}
