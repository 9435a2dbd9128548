import type { BusyChoice } from '@reprise/service/client';

const CHOICES: readonly { readonly value: BusyChoice; readonly name: string }[] = [
  { value: 'steer', name: 'Steer: read before its next request' },
  { value: 'queue', name: 'Queue: answered when it has ended' },
  { value: 'interrupt', name: 'Interrupt: answered at once' },
];

/** What becomes of a message while a run is going. */
export function BusyPicker({
  value,
  onPick,
}: {
  readonly value: BusyChoice;
  readonly onPick: (value: BusyChoice) => void;
}) {
  return (
    <label class="busy">
      <span class="visually-hidden">While a run is going</span>
      <select
        value={value}
        onChange={(event) =>
          onPick(CHOICES.find((choice) => choice.value === event.currentTarget.value)?.value ?? 'steer')
        }
      >
        {CHOICES.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
      </select>
    </label>
  );
}
