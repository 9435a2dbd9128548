import { createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { createHandler } from '@reprise/service';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type AnnasTrip, annasTrip } from './support/annas-trip.ts';
import { AUTH, greeter } from './support/asked-service.ts';
import { validatorOf, valuesOf } from './support/json-schema.ts';
import { describedOperations, type Operation } from './support/operations.ts';
import { tempStore } from './support/temp-store.ts';

const handler = createHandler({ agent: createAgent({ model: greeter() }), store: openMemoryStore(), auth: 'none' });
const { operations, schemas } = await describedOperations(handler);
afterAll(() => handler.close());

/** So many requests a route. */
const RUNS = Number(process.env['REPRISE_FUZZ_RUNS'] ?? 40);
const TIMEOUT_MS = 120_000;

test.each(operations.map((operation) => [operation.operationId, operation] as const))(
  '%s answers everything as its description says, and never breaks',
  { timeout: TIMEOUT_MS },
  async (_id, operation) => {
    const trip = await annasTrip({ store: tempStore(), limits: { maxRuns: 1_000_000 } });
    await fc.assert(
      fc.asyncProperty(requests(operation, trip), async (request) => {
        const response = await trip.handler(new Request(`http://service.test${request.path}`, request.init));
        const text = await response.text();
        expect(response.status).toBeLessThan(500);
        expectDescribed(operation, response, text);
        expect(trip.errors).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  },
);

interface FuzzedRequest {
  readonly path: string;
  readonly init: RequestInit;
}

function requests(operation: Operation, trip: AnnasTrip): fc.Arbitrary<FuzzedRequest> {
  return fc
    .record({
      path: pathsOf(operation, trip),
      query: queriesOf(operation),
      headers: headersOf(operation),
      body: bodiesOf(operation),
    })
    .map(({ path, query, headers, body }) => ({
      path: `${path}${query}`,
      init: {
        method: operation.method,
        headers: { authorization: `Bearer ${AUTH.tokens.anna.token}`, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body }),
      },
    }));
}

function pathsOf({ path }: Operation, { names }: AnnasTrip): fc.Arbitrary<string> {
  const known: Readonly<Record<string, string>> = names;
  const places = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const odd = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map(encoded);
  const named = (name: string) => fc.oneof({ arbitrary: fc.constant(known[name] ?? 'x'), weight: 5 }, odd);
  return fc
    .tuple(...places.map(named))
    .map((values) => places.reduce((filled, name, at) => filled.replace(`{${name}}`, values[at] ?? ''), path));
}

function queriesOf({ parameters }: Operation): fc.Arbitrary<string> {
  const fields = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) => [name, valuesOf(schema, schemas).map(queryTexts)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] }).map(
    (query) =>
      `?${Object.entries(query)
        .flatMap(([name, values = []]) => values.map((value) => `${name}=${value}`))
        .join('&')}`,
  );
}

const headerText = fc.oneof(
  fc.constantFrom('0', '3', 'wait=0', 'k-1', '99999999999999'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
);

function headersOf({ parameters }: Operation): fc.Arbitrary<Record<string, string>> {
  const named = parameters
    .filter((parameter) => parameter.in === 'header')
    .map(({ name }) => [name, headerText] as const);
  const accept = fc.constantFrom('*/*', 'application/json', 'text/html', 'text/csv', 'text/event-stream', ';;,q=');
  return fc.record({ ...Object.fromEntries(named), accept }, { requiredKeys: [] });
}

function bodiesOf({ body, method }: Operation): fc.Arbitrary<string | undefined> {
  if (method === 'GET') return fc.constant(undefined);
  const odd = fc.constantFrom(undefined, '', '{', 'null', '[]', '"x"', '{"a":'.repeat(40), '\ufeff{}');
  const planned = body ? valuesOf(body, schemas).map((value) => JSON.stringify(value)) : odd;
  return fc.oneof({ arbitrary: planned, weight: 6 }, odd);
}

/** A list is given item by item. */
function queryTexts(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) => encoded(typeof item === 'string' ? item : JSON.stringify(item)));
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** A success in one of the forms that are described for its status, and anything else as a problem. */
function expectDescribed({ responses }: Operation, response: Response, text: string): void {
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const described = responses[response.status] ?? responses['default'] ?? {};
  if (response.status === 204) {
    expect(text).toBe('');
    return;
  }
  const schema = described[type];
  expect({ status: response.status, type, isDescribed: schema !== undefined }).toMatchObject({ isDescribed: true });
  if (!schema || !type.endsWith('json')) return;
  const found = validatorOf(schema, schemas).safeParse(JSON.parse(text));
  expect(found.error?.issues, text).toBeUndefined();
  if (response.status >= 400) expect(JSON.parse(text)).toMatchObject({ status: response.status });
}
