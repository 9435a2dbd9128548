import type { StatementGroupBody, StatementKey } from '@reprise/service/client';
import { percentText, tokenText } from '../../data/format.ts';
import { TokenBar } from '../../parts/token-bar/token-bar.tsx';
import { ScrollTable } from './scroll-table.tsx';
import { groupName, moneyTexts } from './statement-rows.ts';

/** A row for each group, and a way to what it is made of. */
export function StatementTable({
  groups,
  by,
  addressOf,
}: {
  readonly groups: readonly StatementGroupBody[];
  readonly by: StatementKey;
  /** Where the reader can look into a group; `undefined` for nowhere. */
  readonly addressOf: (group: StatementGroupBody) => string | undefined;
}) {
  return (
    <ScrollTable caption={`Cost and savings by ${by}`}>
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
        {groups.map((group) => (
          <GroupRow key={groupName(group, by)} group={group} name={groupName(group, by)} href={addressOf(group)} />
        ))}
      </tbody>
    </ScrollTable>
  );
}

function GroupRow({
  group: { sums },
  name,
  href,
}: {
  readonly group: StatementGroupBody;
  readonly name: string;
  readonly href: string | undefined;
}) {
  const { paid, baseline, saved } = moneyTexts(sums);
  const { tokens, silentTurns } = sums;
  return (
    <tr>
      <th scope="row">{href === undefined ? name : <a href={href}>{name}</a>}</th>
      <td class="number">{tokenText(sums.turnCount)}</td>
      <td>
        <TokenBar
          tokens={{
            fresh: tokens.fresh.tokens,
            cacheRead: tokens.cacheRead.tokens,
            cacheWrite: tokens.cacheWrite.tokens,
            output: tokens.output.tokens,
          }}
          silentTurns={silentTurns}
        />
      </td>
      <td class="number">{percentText(sums.hitRatio ?? undefined)}</td>
      <td class="number">{paid}</td>
      <td class="number">{baseline}</td>
      <td class="number">{saved}</td>
    </tr>
  );
}
