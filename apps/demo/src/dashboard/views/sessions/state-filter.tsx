import type { SessionState } from '@reprise/service/client';
import { tokenText } from '../../data/format.ts';
import { sessionCounts } from '../../data/session-counts.ts';
import { stateName } from '../../parts/session-state.tsx';
import { countOfAll, type SessionFilter, STATES, toggled } from './session-filter.ts';

/** Which states are shown, each with how many sessions are in it now. */
export function StateFilter({
  filter,
  onFilter,
}: {
  readonly filter: SessionFilter;
  readonly onFilter: (filter: SessionFilter) => void;
}) {
  const counts = sessionCounts.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is no flex item in every browser, and has no legend here.
    <div class="state-filter" role="group" aria-label="States">
      <Toggle
        name="all"
        count={counts && countOfAll(counts)}
        isOn={filter.states.length === 0}
        onToggle={() => onFilter({ ...filter, states: [] })}
      />
      {STATES.map((state: SessionState) => (
        <Toggle
          key={state}
          name={stateName(state)}
          count={counts?.[state]}
          isOn={filter.states.includes(state)}
          onToggle={() => onFilter(toggled(filter, state))}
        />
      ))}
    </div>
  );
}

function Toggle({
  name,
  count,
  isOn,
  onToggle,
}: {
  readonly name: string;
  readonly count: number | undefined;
  readonly isOn: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <button type="button" class="toggle" aria-pressed={isOn} onClick={onToggle}>
      {name} {count !== undefined && <span class="number quiet">{tokenText(count)}</span>}
    </button>
  );
}
