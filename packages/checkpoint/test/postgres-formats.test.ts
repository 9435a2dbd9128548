import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresStore } from '../src/index.ts';
import { turnCommit } from '../src/testing/builders.ts';
import { tempSchema } from './support/postgres-place.ts';
import { plain, readEverything } from './support/read-everything.ts';

// A server and its clients share the machine with whatever else is tested.
vi.setConfig({ testTimeout: 60_000 });

function fixture(name: string): string {
  return readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
}

test.each([1])(
  'I9 a schema of format %i reads as it was written, has no damage, and goes on (N-18)',
  async (format) => {
    const place = await tempSchema();
    await place.query(`CREATE SCHEMA ${place.schema}`);
    await place.query(fixture(`postgres-format-${format}.sql`));
    const store = await openPostgresStore({ ...place, clock: () => 1_760_000_200_000 });
    onTestFinished(() => store.close());
    expect(plain(await readEverything(store))).toEqual(JSON.parse(fixture(`postgres-format-${format}.json`)));
    expect(await Array.fromAsync(store.findDamage())).toEqual([]);
    expect(await place.query('SELECT version FROM format')).toEqual([{ version: 1 }]);

    const session = await store.readSession('fork');
    const commit = turnCommit({ sessionId: 'fork', expectedTip: session?.tip ?? '' }, { name: 'later', turnNumber: 4 });
    await store.commitTurn(commit);
    expect((await store.readTurns('fork')).map(({ id }) => id)).toEqual(['turn-1', 'turn-2', 'turn-3', 'turn-later']);
  },
);
