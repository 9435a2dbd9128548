import type { SumsBody } from '@reprise/service/client';
import { moneyText, percentText } from '../../data/format.ts';

/** What it all comes to, and of how much of it that can be said. */
export function Totals({ sums }: { readonly sums: SumsBody }) {
  const { covered, turnCount, silentTurns, unpricedTurns, savedRatio, hitRatio } = sums;
  const isWhole = covered.turnCount === turnCount;
  const atLeast = isWhole ? '' : '≥ ';
  return (
    <section aria-label="Totals" class="totals">
      <dl>
        <Figure name="Paid" value={`${atLeast}${moneyText(covered.money.paidPicoUsd)}`} />
        <Figure name="Without the cache" value={`${atLeast}${moneyText(covered.money.baselinePicoUsd)}`} />
        <Figure name="Saved" value={moneyText(covered.money.savedPicoUsd)} />
        <Figure name="Saved of it" value={isWhole ? percentText(savedRatio ?? undefined) : 'not of all turns'} />
        <Figure name="Hit ratio" value={percentText(hitRatio ?? undefined)} />
        <Figure name="Turns" value={`${turnCount}`} />
      </dl>
      {!isWhole && (
        <p>
          Covers {covered.turnCount} of {turnCount} turns: {silentTurns} reported no cache counters, of {unpricedTurns}{' '}
          the price is not known.
        </p>
      )}
    </section>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt class="quiet">{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
