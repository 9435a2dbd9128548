import { createAgent, type Session } from '@reprise/agent';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { messageText } from '@reprise/providers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Child, startProcess } from './support/child-process.ts';
import { scriptedModel, textTurn } from './support/scripted-stream.ts';
import { tempDatabase } from './support/temp-store.ts';

const SENDS = 250;

function openStore(database: string): CheckpointStore {
  const store = openSqliteStore(database);
  onTestFinished(() => store.close());
  return store;
}

async function open(store: CheckpointStore): Promise<Session> {
  return createAgent({ model: scriptedModel(textTurn('taken over')) }).openSession(store, { id: 's' });
}

/** Reads on until a line begins with that text. */
async function lineOf(child: Child, text: string): Promise<string> {
  for (;;) {
    const { value, done } = await child.lines.next();
    if (done) throw new Error(`The process ended without a line '${text}': ${(await child.ended).errors}`);
    if (value.startsWith(text)) return value;
  }
}

/** Everything a process prints from here on. */
async function restOf({ lines, ended }: Child): Promise<readonly string[]> {
  const printed = await Array.fromAsync(lines);
  expect(await ended).toEqual({ ending: 'exit 0', errors: '' });
  return printed;
}

describe('I7 two processes that race for one session (N-11)', () => {
  it.each(['queue', 'reject'] as const)(
    `lose and mix no turn of ${2 * SENDS} sends with '%s'`,
    async (onBusy) => {
      const database = tempDatabase();
      const store = openStore(database);
      await open(store);
      const racers = ['left', 'right'].map((name) =>
        startProcess('race-process.ts', database, 's', name, String(SENDS), onBusy),
      );
      for (const racer of racers) await lineOf(racer, 'ready');
      for (const racer of racers) racer.input.end('go\n');
      const printed = (await Promise.all(racers.map(restOf))).flat();
      const answered = printed.filter((line) => line !== 'busy');
      expect(answered).toHaveLength(2 * SENDS);
      if (onBusy === 'queue') expect(printed).not.toContain('busy');

      const { state } = await open(store);
      const words = state.messages.map(messageText);
      const questions = words.filter((_, index) => index % 2 === 0);
      expect(words).toEqual(questions.flatMap((question) => [question, `Answer to ${question}`]));
      expect(questions.toSorted()).toEqual(answered.toSorted());
      for (const name of ['left', 'right']) {
        const own = questions.filter((question) => question.startsWith(name));
        expect(own).toEqual(Array.from({ length: SENDS }, (_, index) => `${name} ${index + 1}`));
      }
      const rows = await store.readLedger('s');
      expect(rows.map(({ ordinal }) => ordinal)).toEqual(questions.map((_, index) => index + 1));
      expect((await store.readLease('s'))?.holder).toBeNull();
    },
    120_000,
  );
});

describe('I7 a process that was paused (N-11)', () => {
  it('and whose session was taken over meanwhile writes nothing when it wakes, and its run ends with that', async () => {
    const database = tempDatabase();
    const store = openStore(database);
    const paused = startProcess('paused-process.ts', database, 's', '300');
    await lineOf(paused, 'text-delta');
    paused.signal('SIGSTOP');
    const session = await open(store);
    const { state } = await session.send('asked by another', { onBusy: 'queue' }).result();
    const left = await store.dumpSession('s');
    paused.signal('SIGCONT');
    paused.input.end('answer\n');
    expect(await lineOf(paused, 'run-end')).toBe('run-end checkpoint/lease-lost');
    expect((await paused.ended).ending).toBe('exit 0');
    expect(await store.dumpSession('s')).toEqual(left);
    expect(state.messages.map(messageText)).toEqual(['asked before the pause', '', 'asked by another', 'taken over']);
    // The call that was under way when it was paused is in the ledger: its vendor may have billed it.
    expect((await store.readLedger('s')).map(({ stopReason }) => stopReason)).toEqual(['aborted', 'end-turn']);
  }, 30_000);

  it('and whose session nobody took over goes on when it wakes', async () => {
    const database = tempDatabase();
    const store = openStore(database);
    const paused = startProcess('paused-process.ts', database, 's', '60');
    await lineOf(paused, 'text-delta');
    paused.signal('SIGSTOP');
    await vi.waitUntil(async () => ((await store.readLease('s'))?.expiresAt ?? Number.POSITIVE_INFINITY) < Date.now());
    paused.signal('SIGCONT');
    paused.input.end('answer\n');
    expect(await lineOf(paused, 'run-end')).toBe('run-end ');
    expect((await open(store)).state.messages.map(messageText)).toEqual(['asked before the pause', 'Well, late.']);
  }, 30_000);
});
