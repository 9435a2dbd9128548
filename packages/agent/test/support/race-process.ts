// Sends questions to one session, against another process that does the same.
// Arguments: database, session, name of this process, how many questions, what to do when the session is busy.
// Prints a line for each question that was answered, and one for each time that the session was busy.

import { createAgent, modelFromStream } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { messageText } from '@reprise/providers';

const [database = '', sessionId = '', name = '', count = '', onBusy = ''] = process.argv.slice(2);

/** Says again what it was asked last. */
const model = modelFromStream({
  id: 'echo',
  async *stream({ messages }) {
    const last = messages.at(-1);
    const text = `Answer to ${last ? messageText(last) : 'nothing'}`;
    yield { type: 'assistant-turn', turn: { message: { role: 'assistant', content: [{ type: 'text', text }] } } };
  },
});

const store = openSqliteStore({ path: database, synchronous: 'normal' });
const session = await createAgent({ model }).openSession(store, {
  id: sessionId,
  onBusy: onBusy === 'queue' ? 'queue' : 'reject',
});
process.stdout.write('ready\n');
for await (const _go of process.stdin) break;
for (let question = 1; question <= Number(count); ) {
  try {
    await session.send(`${name} ${question}`).result();
    process.stdout.write(`${name} ${question}\n`);
    question += 1;
  } catch (error) {
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'agent/session-busy')) throw error;
    process.stdout.write('busy\n');
    // To let the other process come to its turn; it needs no more than that.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
await store.close();
process.stdin.destroy();
