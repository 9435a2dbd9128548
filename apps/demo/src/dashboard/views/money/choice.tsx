/** A label and the things that can be chosen, each by its value and its name. */
export function Choice<Value extends string>({
  name,
  value,
  values,
  onPick,
}: {
  readonly name: string;
  readonly value: Value;
  readonly values: readonly (readonly [value: Value, name: string])[];
  readonly onPick: (value: Value) => void;
}) {
  return (
    <label class="field">
      {name}
      <select
        value={value}
        onChange={({ currentTarget }) => {
          const picked = values.find(([each]) => each === currentTarget.value);
          if (picked) onPick(picked[0]);
        }}
      >
        {values.map(([each, shown]) => (
          <option key={each} value={each}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}
