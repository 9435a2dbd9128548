import { createAgent, type Hook, tool } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore, type TurnRow } from '@reprise/checkpoint';
import { anthropic, type ModelRequest } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sendable } from '../src/context/build-request.ts';
import type { Replacement } from '../src/session/attribution.ts';
import { findPrefixChange } from '../src/session/find-prefix-change.ts';
import { readRequest } from '../src/session/ledger-row.ts';
import { sentPrefix } from '../src/session/prefix-change.ts';
import { decodeHistory } from '../src/session/record.ts';
import { scriptedModel, textTurn, toolTurn } from './support/scripted-stream.ts';

const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), effect: 'pure', run: () => 'a zebra' });
const MODEL = anthropic({ apiKey: 'none', baseURL: 'http://127.0.0.1:9' }).model('claude-opus-5');

/** A session of a scripted model that encodes as Claude's adapter does. Each hook acts in the requests of these numbers alone. */
async function ask(hooks: readonly Hook[], more: object = {}, store: CheckpointStore = openMemoryStore()) {
  const scripted = scriptedModel(toolTurn(['c1', 'look', '{}']), textTurn('A zebra.'), textTurn('Still.'));
  const model = { ...scripted, prefixBlocks: MODEL.prefixBlocks, planMarks: MODEL.planMarks };
  const session = await createAgent({ model, tools: [look], system: 'Be kind.', hooks, ...more }).openSession(store, {
    id: 's',
  });
  const events = [
    ...(await Array.fromAsync(session.send('What is there?'))),
    ...(await Array.fromAsync(session.send('Sure?'))),
  ];
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
  return { model, store, rows: await store.readTurns('s'), warnings };
}

function only(at: readonly number[], name: string, change: (request: ModelRequest) => ModelRequest): Hook {
  let count = -1;
  return {
    name,
    beforeRequest({ request }) {
      count += 1;
      return at.includes(count) ? { replace: change(request) } : undefined;
    },
  };
}

interface Injected {
  readonly owner: string;
  readonly characters: number;
}

const optionsOf = (row: TurnRow | undefined) => JSON.parse(row?.requestOptions ?? '{}');

/** The request of a row, made again from what the store holds. */
async function madeAgain(store: CheckpointStore, row: TurnRow): Promise<ModelRequest> {
  const blobs = await store.readBlobs([row.systemHash, row.toolsHash].filter((hash) => hash !== null));
  const entries = await store.readEntries('s');
  const before = entries.slice(
    0,
    entries.findIndex(({ id }) => id === row.entryId),
  );
  const { messages } = await decodeHistory(store, before);
  return { ...readRequest(row, blobs), messages: sendable(messages) };
}

describe('what is sent with one request alone', () => {
  const date: Hook = { name: 'date', beforeRequest: ({ state }) => ({ inject: `Turn ${state.turnCount}.` }) };
  const mood: Hook = {
    name: 'mood',
    beforeRequest: () => ({
      inject: [
        { type: 'text', text: 'Be' },
        { type: 'text', text: 'gentle' },
      ],
    }),
  };

  test('is in its ledger row by owner, hash and size, as it was sent, and nowhere by its text (N-02)', async () => {
    const { store, rows } = await ask([date, mood], { transientReminder: 'Mind the budget.' });
    expect(
      rows.map((row) => optionsOf(row).injected.map(({ owner, characters }: Injected) => [owner, characters])),
    ).toEqual(
      rows.map(() => [
        ['date', 7],
        ['mood', 8],
        ['transientReminder', 16],
      ]),
    );
    const [first, second] = rows.map((row) => optionsOf(row).injected);
    expect(first[0].hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(second[0].hash).not.toBe(first[0].hash);
    expect(second[1].hash).toBe(first[1].hash);
    const stored = JSON.stringify([await store.readEntries('s'), rows]);
    for (const text of ['Turn 0', 'gentle', 'budget']) expect(stored).not.toContain(text);
  });

  test('is no part of the stored request, which is made again to the fingerprint that was kept (N-01, I3)', async () => {
    const { store, rows, warnings } = await ask([date], { transientReminder: 'Mind the budget.' });
    expect([rows.length, warnings]).toEqual([3, []]);
    for (const row of rows) {
      const request = await madeAgain(store, row);
      expect(Object.keys(request).sort()).toEqual(['messages', 'system', 'tools']);
      expect(sentPrefix(MODEL, request).fingerprint).toBe(row.prefixFingerprint);
      expect(MODEL.planMarks(request)).toEqual(JSON.parse(row.marks));
    }
    const plain = await ask([]);
    expect(rows.map(({ prefixFingerprint }) => prefixFingerprint)).toEqual(
      plain.rows.map(({ prefixFingerprint }) => prefixFingerprint),
    );
  });

  test('moves no prefix of a model either that does not know of such messages (I3)', async () => {
    const naive = ({ messages }: ModelRequest) =>
      messages.map((message, index) => ({
        path: `messages[${index}]`,
        role: 'user' as const,
        kind: 'text',
        text: JSON.stringify(message),
        markable: false,
      }));
    const model = { ...scriptedModel(textTurn('A zebra.'), textTurn('Still.')), prefixBlocks: naive };
    const session = await createAgent({ model, hooks: [date] }).openSession(openMemoryStore());
    await session.send('What is there?').result();
    const events = await Array.fromAsync(session.send('Sure?'));
    expect(events.map(({ type }) => type)).not.toContain('warning');
  });

  test('leaves no trace in a row where there is nothing', async () => {
    const { rows } = await ask([{ name: 'ear', beforeRequest: () => {} }]);
    expect(rows.map((row) => Object.keys(optionsOf(row)))).toEqual(rows.map(() => ['family', 'model', 'prefix']));
  });
});

describe('a request that hooks have replaced', () => {
  test('names them in its ledger row, with what each has changed, and is stored as it was sent (N-02)', async () => {
    const { store, rows } = await ask([
      only([1], 'cool', (request) => ({ ...request, temperature: 0.1, system: 'Be brief.' })),
      only([1], 'same', (request) => ({ ...request, messages: [...request.messages] })),
      only([1], 'bare', ({ tools: _tools, ...request }) => request),
    ]);
    expect(rows.map((row) => optionsOf(row).replacedBy)).toEqual([
      undefined,
      [
        { owner: 'cool', fields: ['system', 'temperature'] },
        { owner: 'same', fields: [] },
        { owner: 'bare', fields: ['tools'] },
      ],
      undefined,
    ]);
    const [, row] = rows;
    const request = row && (await madeAgain(store, row));
    expect(request).toMatchObject({ system: 'Be brief.', temperature: 0.1 });
    expect(request?.tools).toBeUndefined();
    expect(request && sentPrefix(MODEL, request).fingerprint).toBe(row?.prefixFingerprint);
  });

  test.each<[part: string, change: (request: ModelRequest) => ModelRequest]>([
    ['system', (request) => ({ ...request, system: 'Be brief.' })],
    ['tools', (request) => ({ ...request, tools: [...(request.tools ?? []), { ...look.definition, name: 'zoom' }] })],
    ['tools', ({ tools: _tools, ...request }) => request],
    ['messages', (request) => ({ ...request, messages: request.messages.slice(-1) })],
  ])('is named for a change of the prefix where it replaced the %s, there and back (N-02)', async (part, change) => {
    const last = part === 'messages' ? 2 : 1;
    const { warnings } = await ask([
      only([0, 1, 2], 'warm', (request) => ({ ...request, temperature: 1 })),
      only([last], 'meddler', change),
    ]);
    expect(warnings[0]).toContain(`Hook meddler has replaced the ${part} of this request.`);
    if (last === 1) expect(warnings[1]).toContain(`Hook meddler has replaced the ${part} of the last request.`);
    else expect(warnings).toHaveLength(1);
  });

  test('is named in the change itself, with the part that it replaced', async () => {
    const { rows, store, model } = await ask([]);
    const [, row] = rows;
    const request = { ...(row && (await madeAgain(store, row))), system: 'Other.', messages: [] };
    const prefix = sentPrefix(model, request);
    const changeBy = (...replacedBy: readonly Replacement[]) =>
      row && findPrefixChange(row, { model, request, store, sessionId: 's', prefix, replacedBy });
    const [one, other] = [['messages', 'system'], ['tools']].map((fields) => ({ owner: fields.join(), fields }));
    expect(one && other && (await changeBy(one, other))).toMatchObject({ part: 'system', owner: 'messages,system' });
    expect(other && (await changeBy(other))).not.toHaveProperty('owner');
  });

  test('is named for no change that it had no part in', async () => {
    const warm = only([0, 1, 2, 3, 4, 5], 'warm', (request) => ({ ...request, temperature: 1 }));
    const { store } = await ask([warm]);
    const again = await ask([warm], { system: 'Be another.' }, store);
    expect(again.warnings[0]).toContain('system[0]');
    expect(again.warnings.join()).not.toContain('warm');
  });

  test('keeps what others have injected theirs, unless it rewrites that too (N-02)', async () => {
    const date: Hook = { name: 'date', beforeRequest: () => ({ inject: 'It is late.' }) };
    const keep = only([0, 1, 2], 'keep', (request) => ({ ...request, temperature: 1 }));
    const rewrite = only([0], 'rewrite', (request) => ({
      ...request,
      messages: request.messages.map((message) =>
        message.role === 'user' && message.transient
          ? { ...message, content: [{ type: 'text', text: 'Hush.' }] }
          : message,
      ),
    }));
    const drop = only([1], 'drop', (request) => ({ ...request, messages: request.messages.slice(0, -1) }));
    const { rows } = await ask([date, keep, rewrite, drop]);
    expect(rows.map((row) => (optionsOf(row).injected ?? []).map(({ owner }: Injected) => owner))).toEqual([
      ['rewrite'],
      [],
      ['date'],
    ]);
    expect(optionsOf(rows[0]).replacedBy).toMatchObject([{ owner: 'keep' }, { owner: 'rewrite', fields: [] }]);
  });
});
