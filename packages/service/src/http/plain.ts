/** A value as a body has it: money and other big integers as text, what is not known as `null`. */
export type Plain<Value> = Value extends bigint
  ? string
  : Value extends undefined
    ? null
    : Value extends object
      ? { readonly [Key in keyof Value]-?: Plain<Value[Key]> }
      : Value;

/** Copies data. Of a field that is absent nothing is said; one that is there and `undefined` is `null`. */
export function plain<Value>(value: Value): Plain<Value> {
  // The type says of each kind of value what is done here with it.
  return plainValue(value) as Plain<Value>;
}

function plainValue(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plainValue);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainValue(each)]));
}
