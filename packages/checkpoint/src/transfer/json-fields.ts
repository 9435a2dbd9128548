/** How one value stands in JSON. Strict both ways: what was encoded is decoded to the same value, and anything else is refused. */
export interface Field<Value> {
  encode(value: Value): unknown;
  /** Throws `MisfitError` for what no `encode` made. `name` says what it is of. */
  decode(json: unknown, name: string): Value;
}

/** JSON that is not what a field expects. The message says which field, and what is wrong with it. */
export class MisfitError extends Error {
  override readonly name = 'MisfitError';
}

/** Unicode text without NUL. */
export const text: Field<string> = field('text without NUL', (json) =>
  typeof json === 'string' && json.isWellFormed() && !json.includes('\0') ? json : undefined,
);

/** An integer of at least 0. */
export const count: Field<number> = field('an integer of at least 0', (json) =>
  typeof json === 'number' && Number.isSafeInteger(json) && json >= 0 ? json : undefined,
);

/** Any number that JSON holds. */
export const number: Field<number> = field('a number', (json) => (typeof json === 'number' ? json : undefined));

/** An integer of any size, as the text of its decimal digits. */
export const integerText: Field<bigint> = {
  encode: String,
  decode: field('an integer, as text', (json) =>
    typeof json === 'string' && /^(0|-?[1-9]\d*)$/.test(json) ? BigInt(json) : undefined,
  ).decode,
};

/** Bytes in base64. */
export const base64: Field<Uint8Array> = {
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  decode: field('bytes in base64', (json) => {
    const bytes = typeof json === 'string' ? Buffer.from(json, 'base64') : undefined;
    // The decoder skips what is not base64.
    return bytes?.toString('base64') === json ? bytes : undefined;
  }).decode,
};

export function oneOf<const Choice extends string>(...choices: readonly Choice[]): Field<Choice> {
  return field(choices.map((choice) => `'${choice}'`).join(' or '), (json) =>
    choices.find((choice) => choice === json),
  );
}

export function orNull<Value>({ encode, decode }: Field<Value>): Field<Value | null> {
  return {
    encode: (value) => (value === null ? null : encode(value)),
    decode: (json, name) => (json === null ? null : decode(json, name)),
  };
}

export function listOf<Value>({ encode, decode }: Field<Value>): Field<readonly Value[]> {
  return {
    encode: (values) => values.map(encode),
    decode: (json, name) => {
      if (!Array.isArray(json)) throw misfit(name, 'a list', json);
      return json.map((item, index) => decode(item, `${name}[${index}]`));
    },
  };
}

/** An object with exactly these fields, written in this order. */
export function recordOf<Value extends object>(
  fields: { readonly [Key in keyof Value]-?: Field<Value[Key]> },
): Field<Value> {
  const all = Object.entries<Field<Value[keyof Value]>>(fields);
  return {
    encode: (value) => Object.fromEntries(all.map(([key, { encode }]) => [key, encode(value[key as keyof Value])])),
    decode: (json, name) => {
      if (!isObject(json)) throw misfit(name, 'an object', json);
      const unknown = Object.keys(json).find((key) => !Object.hasOwn(fields, key));
      if (unknown !== undefined) throw new MisfitError(`${name} has a field '${unknown}', which is not known here`);
      const decoded = all.map(([key, { decode }]) => {
        if (!Object.hasOwn(json, key)) throw new MisfitError(`${name} lacks its ${key}`);
        return [key, decode(json[key], `${name}.${key}`)];
      });
      return Object.fromEntries(decoded) as Value;
    },
  };
}

export function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A field whose values stand in JSON as they are. */
function field<Value>(expected: string, accept: (json: unknown) => Value | undefined): Field<Value> {
  return {
    encode: (value) => value,
    decode: (json, name) => {
      const value = accept(json);
      if (value === undefined) throw misfit(name, expected, json);
      return value;
    },
  };
}

const SHOWN_CHARACTERS = 40;

function misfit(name: string, expected: string, json: unknown): MisfitError {
  const shown = JSON.stringify(json).slice(0, SHOWN_CHARACTERS);
  return new MisfitError(`${name} is ${shown}, but ${expected} is expected`);
}
