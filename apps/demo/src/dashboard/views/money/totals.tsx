import type { SumsBody } from '@reprise/service/client';
import { percentText, tokenText } from '../../data/format.ts';
import { moneyTexts } from './statement-rows.ts';

/** What it all comes to, and of how much of it that can be said. */
export function Totals({ sums }: { readonly sums: SumsBody }) {
  const { covered, turnCount, silentTurns, unpricedTurns, hitRatio } = sums;
  const { paid, baseline, saved, savedShare } = moneyTexts(sums);
  return (
    <section aria-label="Totals" class="totals">
      <dl>
        <Figure name="Paid" value={paid} />
        <Figure name="Without the cache" value={baseline} />
        <Figure name="Saved" value={saved} />
        <Figure name="Saved of it" value={savedShare} />
        <Figure name="Hit ratio" value={percentText(hitRatio ?? undefined)} />
        <Figure name="Turns" value={tokenText(turnCount)} />
      </dl>
      {covered.turnCount < turnCount && (
        <p>
          What was saved is known of {tokenText(covered.turnCount)} of {tokenText(turnCount)} turns:{' '}
          {tokenText(silentTurns)} reported no cache counters, of {tokenText(unpricedTurns)} the price is not known.
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
