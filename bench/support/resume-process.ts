import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { scriptedModel } from '@reprise/providers/testing';
import Database from 'better-sqlite3';

// Reads the session argv[4] of the store at argv[3] in the way that argv[2] names, and prints how long that took in milliseconds, with how
// many messages it found. What is opened first is not counted: see cold-start.ts for that.

const [way = '', path = '', sessionId = ''] = process.argv.slice(2);
const ways: Readonly<Record<string, () => () => number | Promise<number>>> = { byHand, throughStore, byAgent };
const read = ways[way]?.();
if (!read) throw new Error(`'${way}' is no way to read a session.`);
const start = performance.now();
const messages = await read();
process.stdout.write(JSON.stringify({ ms: performance.now() - start, messages }));

/** The payloads of the one session in the file, in order, and its media as the text that is sent. Nothing is checked. */
function byHand(): () => number {
  const file = new Database(path);
  const payloads = file.prepare('SELECT payload FROM entries ORDER BY seq').pluck();
  const media = file.prepare('SELECT bytes FROM blobs').pluck();
  return () => {
    const values = payloads.all().map((payload) => JSON.parse(String(payload)));
    const texts = media
      .all()
      .map((bytes) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64') : ''));
    if (texts.length === 0) throw new Error('There are no media in the store.');
    // The first entry is the session's own root.
    return values.length - 1;
  };
}

/** The same through the store, which follows the branch and checks each entry and each blob. */
function throughStore(): () => Promise<number> {
  const store = openSqliteStore(path);
  return async () => {
    const entries = await store.readEntries(sessionId);
    const values = entries.map(({ payload }) => JSON.parse(payload));
    const hashes = entries.flatMap(({ payload }) => payload.match(/sha256:[0-9a-f]{64}/g) ?? []);
    for (const bytes of (await store.readBlobs(hashes)).values()) Buffer.from(bytes).toString('base64');
    return values.length;
  };
}

function byAgent(): () => Promise<number> {
  const store = openSqliteStore(path);
  const agent = createAgent({ model: scriptedModel() });
  return async () => (await agent.openSession(store, { id: sessionId })).state.messages.length;
}
