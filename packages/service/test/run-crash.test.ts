import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgent } from '@reprise/agent';
import { type CheckpointStore, openSqliteStore, type TokenColumns } from '@reprise/checkpoint';
import { userMessage } from '@reprise/providers';
import { type Script, startSimulator } from '@reprise/simulator';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldRun, messagesOf } from '../src/client/view/fold-run.ts';
import { type FollowedEvent, followRun } from '../src/runs/follow-run.ts';
import { createRunChanges, type RunChanges } from '../src/runs/run-changes.ts';
import type { RunEvent } from '../src/wire/run-event.ts';
import { spawnProcess } from './support/child-process.ts';
import { typesOf } from './support/engine.ts';
import { playedModel } from './support/played-model.ts';
import { eventsOf } from './support/run-rows.ts';
import { untilEqual } from './support/until.ts';

const RUNS = 12;
const KILLS = 6;
const TOOLS = ['pure', 'idempotent', 'effect'];

/** Three rounds of all tools, then an answer; slowly enough to be killed in the midst of each. */
const script: Script = ({ messages }) => {
  const rounds = messages.filter(({ role }) => role === 'tool').length;
  const delayMs = 4;
  if (rounds === 3) return { thinking: 'All is done.', text: 'That was all there is to do. '.repeat(3), delayMs };
  return { thinking: 'Once more.', text: `Round ${rounds}.`, toolCalls: TOOLS.map((name) => ({ name })), delayMs };
};

const runIds = Array.from({ length: RUNS }, (_, index) => `run-${index}`);
const sessionOf = (runId: string) => `acme/session of ${runId}`;

/** Follows a run to its end, coming back after each few events, as a client does whose connection breaks. */
async function followInPieces(store: CheckpointStore, changes: RunChanges, runId: string) {
  const seen: FollowedEvent[] = [];
  while (!seen.at(-1)?.json.includes('"type":"run-end"')) {
    const signal = new AbortController().signal;
    for await (const each of followRun({ store, changes, runId, after: seen.at(-1)?.number ?? 0, signal })) {
      if ('events' in each) seen.push(...each.events);
      if (seen.length % 3 === 0) break;
    }
  }
  return seen.map(({ json }): RunEvent => JSON.parse(json));
}

describe(`${RUNS} runs whose processes are killed ${KILLS} times at random`, () => {
  const seen = new Map<string, readonly RunEvent[]>();
  let executions: readonly string[] = [];
  let requests: readonly { readonly status: number }[] = [];
  let store: CheckpointStore;
  let tidy = async () => {};

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reprise-service-'));
    const [database, effectLog] = [join(folder, 'sessions.db'), join(folder, 'effects.log')];
    writeFileSync(effectLog, '');
    const server = await startSimulator({ script });
    store = openSqliteStore(database);
    const errors: unknown[] = [];
    const changes = await createRunChanges(store, { onError: (error) => errors.push(error) });
    tidy = async () => {
      changes.close();
      await store.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    };
    for (const id of runIds) {
      await store.createSession({ id: sessionOf(id), createdAt: 1 });
      const request = JSON.stringify({ agent: 'agent', input: userMessage(`Do it all, ${id}.`) });
      await store.createRun({ id, sessionId: sessionOf(id), request, at: 1 });
    }
    const clients = runIds.map((id) => followInPieces(store, changes, id));
    const eventCount = async () => {
      const runs = await Promise.all(runIds.map((id) => store.readRun(id)));
      return runs.reduce((sum, run) => sum + (run?.lastEvent ?? 0), 0);
    };
    // In all there are some 1500 events.
    for (const more of fc.sample(fc.integer({ min: 20, max: 200 }), KILLS)) {
      const child = spawnProcess('worker-process.ts', database, server.url, effectLog);
      const enough = (await eventCount()) + more;
      await untilEqual(async () => (await eventCount()) >= enough, true);
      child.signal('SIGKILL');
      expect(await child.ended).toEqual({ ending: 'SIGKILL', errors: '' });
    }
    const last = spawnProcess('worker-process.ts', database, server.url, effectLog);
    for (const [index, events] of (await Promise.all(clients)).entries()) seen.set(runIds[index] ?? '', events);
    last.signal('SIGKILL');
    await last.ended;
    executions = readFileSync(effectLog, 'utf8').trimEnd().split('\n');
    ({ requests } = server);
    expect(errors).toEqual([]);
  }, 240_000);

  afterAll(() => tidy());

  async function* each() {
    for (const [id, events] of seen) {
      const session = await createAgent({ model: playedModel() }).openSession(store, { id: sessionOf(id) });
      yield { id, events, state: session.state, rows: await store.readTurns(sessionOf(id)) };
    }
  }

  it('were taken up again, by process after process', async () => {
    const attempts = await Promise.all(runIds.map(async (id) => (await store.readRun(id))?.attempt ?? 0));
    expect(Math.max(...attempts)).toBeGreaterThanOrEqual(3);
    expect(seen.size).toBe(RUNS);
  });

  it('come to their end, all of them, and leave their sessions free', async () => {
    for await (const { id, events } of each()) {
      expect(events.at(-1), id).toMatchObject({
        type: 'run-end',
        reason: 'end-turn',
        text: 'That was all there is to do. '.repeat(3),
      });
      expect((await store.readLease(sessionOf(id)))?.holder, id).toBeNull();
      expect((await store.readRun(id))?.state, id).toBe('ended');
    }
  });

  it('are seen by a client whose connection breaks again and again, each event once and in order (N-15)', async () => {
    for await (const { id, events } of each()) {
      expect(events, id).toEqual(await eventsOf(store, id));
      expect(
        events.map(({ number }) => number),
        id,
      ).toEqual(events.map((_, index) => index + 1));
      expect(
        typesOf(events).filter((type) => type === 'run-start' || type === 'run-end'),
        id,
      ).toHaveLength(2);
    }
  });

  it('are seen as they are stored, when what a death has voided is left out (W3)', async () => {
    for await (const { id, events, state } of each()) {
      const view = foldRun(events);
      const { messages, ...totals } = state;
      expect(messagesOf(view), id).toEqual(messages);
      expect(view.totals, id).toEqual(totals);
    }
  });

  it('I2 count every token once: conversation, ledger and what clients are told agree', async () => {
    for await (const { id, state, rows, events } of each()) {
      const sum = (pick: (tokens: TokenColumns) => number | null) =>
        rows.reduce((total, { tokens }) => total + (pick(tokens) ?? 0), 0);
      const expected = {
        turnCount: rows.length,
        totalInputTokens: sum(({ fresh }) => fresh),
        totalOutputTokens: sum(({ output }) => output),
        totalCacheReadTokens: sum(({ cacheRead }) => cacheRead),
      };
      expect(state, id).toMatchObject(expected);
      expect(events.at(-1), id).toMatchObject({ totals: expected });
      expect(rows.length, id).toBeGreaterThanOrEqual(4);
    }
  });

  it('I4 have their message in the conversation once, and a history that the strict server takes', async () => {
    expect(requests.filter(({ status }) => status !== 200)).toEqual([]);
    for await (const { id, state } of each()) {
      expect(
        state.messages.filter(({ role }) => role === 'user'),
        id,
      ).toEqual([userMessage(`Do it all, ${id}.`)]);
    }
  });

  it('I5 never run an effect twice', () => {
    const effects = executions.filter((line) => line.startsWith('effect '));
    expect(new Set(effects).size).toBe(effects.length);
    expect(effects.length).toBeGreaterThanOrEqual(RUNS);
  });
});
