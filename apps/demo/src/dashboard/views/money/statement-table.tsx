import type { StatementBody, StatementKey } from '@reprise/service/client';
import { moneyText, percentText } from '../../data/format.ts';
import { TokenBar } from '../../parts/token-bar/token-bar.tsx';

/** A row for each group. */
export function StatementTable({
  statement: { groups },
  by,
}: {
  readonly statement: StatementBody;
  readonly by: StatementKey;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div class="statement" tabIndex={0}>
      <table>
        <caption class="visually-hidden">Cost and savings by {by}</caption>
        <thead>
          <tr>
            {[by, 'Turns', 'Tokens', 'Hit ratio', 'Paid', 'Without the cache', 'Saved'].map((name) => (
              <th key={name} scope="col" class={name === by || name === 'Tokens' ? '' : 'number'}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map(({ key, sums }) => (
            <tr key={key[by]}>
              <th scope="row">
                {by === 'session' ? (
                  <a href={`/sessions/${encodeURIComponent(key.session ?? '')}`}>{key.session}</a>
                ) : (
                  key[by]
                )}
              </th>
              <td class="number">{sums.turnCount}</td>
              <td>
                <TokenBar
                  tokens={{
                    fresh: sums.tokens.fresh.tokens,
                    cacheRead: sums.tokens.cacheRead.tokens,
                    cacheWrite: sums.tokens.cacheWrite.tokens,
                    output: sums.tokens.output.tokens,
                  }}
                  silentTurns={sums.silentTurns}
                />
              </td>
              <td class="number">{percentText(sums.hitRatio ?? undefined)}</td>
              <td class="number">{moneyText(sums.covered.money.paidPicoUsd)}</td>
              <td class="number">{moneyText(sums.covered.money.baselinePicoUsd)}</td>
              <td class="number">{moneyText(sums.covered.money.savedPicoUsd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
