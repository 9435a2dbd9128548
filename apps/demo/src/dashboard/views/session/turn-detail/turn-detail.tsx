import './turn-detail.css';
import type { ExplanationBody, TurnBody } from '@reprise/service/client';
import { durationText, exactTimeText, moneyText, tokenText } from '../../../data/format.ts';
import { BUCKETS } from '../../../parts/token-bar/token-buckets.ts';
import type { TurnBar } from '../timeline/turn-bars.ts';
import { Explanation } from './explanation.tsx';
import { WarmClock } from './warm-clock.tsx';

/** A turn's ledger row, its marks, and what broke its cache. */
export function TurnDetail({
  sessionId,
  bar,
  brokenBy,
  isLast,
}: {
  readonly sessionId: string;
  readonly bar: TurnBar;
  readonly brokenBy: ExplanationBody['breaks'][number] | undefined;
  readonly isLast: boolean;
}) {
  const { turn, tokens, number } = bar;
  return (
    <section class="turn-detail" aria-label={`Turn ${number}`}>
      <h2>Turn {number}</h2>
      {brokenBy && <Explanation brokenBy={brokenBy} />}
      <dl class="facts">
        {BUCKETS.map(({ name, field }) => (
          <Fact key={name} name={name} look={`is-${name}`} value={`${tokenText(tokens[field])} tokens`} />
        ))}
        <Fact name="of output, reasoning" value={`${tokenText(turn.tokens.reasoning)} tokens`} />
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
        <pre>{JSON.stringify(turn.rawUsage, null, 2)}</pre>
      </details>
      {isLast && <WarmClock sessionId={sessionId} />}
    </section>
  );
}

const USAGE: Readonly<Record<TurnBody['usageState'], string>> = {
  final: 'reported in full',
  partial: 'reported in part: the stream ended before the vendor’s last word',
  none: 'not reported',
};

function Fact({ name, value, look }: { readonly name: string; readonly value: string; readonly look?: string }) {
  return (
    <div>
      <dt class={look ?? 'quiet'}>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Where the request asked its vendor to cache up to, and why there. */
function Marks({ marks }: Pick<TurnBody, 'marks'>) {
  const placed = Array.isArray(marks) ? marks : [];
  return (
    <>
      <h3>Cache marks</h3>
      {placed.length === 0 && <p class="quiet">None: the vendor caches by itself, or was not asked to.</p>}
      <ul class="marks">
        {placed.map((mark) => {
          const { reason, ...place } = typeof mark === 'object' && mark !== null ? { reason: undefined, ...mark } : {};
          return (
            <li key={JSON.stringify(mark)}>
              <code>{Object.values(place).join(' · ')}</code> {typeof reason === 'string' ? reason : ''}
            </li>
          );
        })}
      </ul>
    </>
  );
}
