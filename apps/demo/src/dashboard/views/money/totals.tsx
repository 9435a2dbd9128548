import type { SumsBody } from '@reprise/service/client';
import { percentText, tokenText } from '../../data/format.ts';
import { Fact } from '../../parts/fact.tsx';
import { moneyTexts } from './statement-rows.ts';

/** What it all comes to, and of how much of it that can be said. */
export function Totals({ sums }: { readonly sums: SumsBody }) {
  const { covered, turnCount, silentTurns, unpricedTurns, hitRatio } = sums;
  const { paid, baseline, saved, savedShare } = moneyTexts(sums);
  return (
    <section aria-label="Totals" class="totals">
      <dl>
        <Fact name="Paid" value={paid} />
        <Fact name="Without the cache" value={baseline} />
        <Fact name="Saved" value={saved} />
        <Fact name="Saved of it" value={savedShare} />
        <Fact name="Hit ratio" value={percentText(hitRatio ?? undefined)} />
        <Fact name="Turns" value={tokenText(turnCount)} />
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
