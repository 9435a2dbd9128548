import './plans.css';
import type { WhatIfBody } from '@reprise/service/client';
import { turnsText } from '../../../data/format.ts';
import type { Resource } from '../../../data/use-resource.ts';
import { Failure, Loading } from '../../../parts/notice.tsx';
import { ScrollTable } from '../scroll-table.tsx';
import { adviceText, type PlanRow, planRows, planTerms } from './plan-rows.ts';

/** Other cache policies over the same turns, side by side, with what the comparison takes for granted. */
export function Plans({
  plans: { value, error, isLoading, reload },
  selectedTurns,
}: {
  readonly plans: Resource<WhatIfBody>;
  /** Turns of the statement. */
  readonly selectedTurns: number;
}) {
  return (
    <section class="plans" aria-labelledby="plans-title" aria-busy={isLoading}>
      <h2 id="plans-title">What other plans would have cost</h2>
      {error && <Failure error={error} onRetry={reload} />}
      {!value && !error && <Loading what="the comparison: turns are replayed under each plan" />}
      {value?.turnCount === 0 && <p>There is nothing to replay in this selection.</p>}
      {value && value.turnCount > 0 && (
        <>
          <p class="advice">{adviceText(value)}</p>
          <PlanTable rows={planRows(value)} turnCount={value.turnCount} />
          <Terms terms={planTerms(value, selectedTurns)} />
        </>
      )}
    </section>
  );
}

function PlanTable({ rows, turnCount }: { readonly rows: readonly PlanRow[]; readonly turnCount: number }) {
  return (
    <ScrollTable caption={`Plans over ${turnsText(turnCount)}, the cheapest first`}>
      <thead>
        <tr>
          <th scope="col">Plan</th>
          <th scope="col" class="number">
            Would have cost
          </th>
          <td class="plan-bar-head" aria-hidden="true" />
          <th scope="col" class="number">
            Difference
          </th>
          <th scope="col" class="number">
            In %
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <PlanLine key={row.key} row={row} />
        ))}
      </tbody>
    </ScrollTable>
  );
}

function PlanLine({ row }: { readonly row: PlanRow }) {
  const { name, meaning, isInUse, isAdvised, notes, cost, share, difference, differenceShare, verdict } = row;
  return (
    <tr class={isInUse ? 'is-in-use' : ''}>
      <th scope="row">
        <span class="plan-name">{name}</span> {isInUse && <span class="badge">in use</span>}{' '}
        {isAdvised && <span class="badge is-good">recommended</span>}
        <small class="quiet">{[meaning, ...notes].filter((words) => words !== '').join('; ')}</small>
      </th>
      <td class="number">{cost}</td>
      <td class="plan-bar" aria-hidden="true">
        <span style={{ inlineSize: `${share * 100}%` }} />
      </td>
      <td class={`number is-${verdict}`}>{isInUse ? '–' : difference}</td>
      <td class={`number is-${verdict}`}>{isInUse ? '–' : differenceShare}</td>
    </tr>
  );
}

function Terms({ terms }: { readonly terms: readonly string[] }) {
  return (
    <div class="plan-terms">
      <h3>What this takes for granted</h3>
      <ul>
        {terms.map((term) => (
          <li key={term}>{term}</li>
        ))}
      </ul>
    </div>
  );
}
