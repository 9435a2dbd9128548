// Asks a model that answers when it is told to, by a line on stdin. Prints one line an event.
// Arguments: database, session, lease in milliseconds.

import { createInterface } from 'node:readline';
import { createAgent, modelFromStream } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';

const [database = '', sessionId = '', leaseTtlMs = ''] = process.argv.slice(2);

const told = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const model = modelFromStream({
  id: 'told',
  async *stream() {
    yield { type: 'text-delta', blockIndex: 0, text: 'Well,' };
    await told.next();
    yield {
      type: 'assistant-turn',
      turn: { message: { role: 'assistant', content: [{ type: 'text', text: 'Well, late.' }] } },
    };
  },
});

const store = openSqliteStore(database);
const session = await createAgent({ model }).openSession(store, { id: sessionId, leaseTtlMs: Number(leaseTtlMs) });
for await (const event of session.send('asked before the pause')) {
  const error = event.type === 'run-end' && event.error ? Reflect.get(event.error, 'code') : '';
  process.stdout.write(`${event.type} ${error}\n`);
}
await store.close();
process.stdin.destroy();
