import { createAgent, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { z } from 'zod';

const pay = tool({
  name: 'pay',
  description: 'Pays an invoice.',
  input: z.object({ invoice: z.string(), euros: z.number() }),
  needsApproval: ({ euros }) => euros > 100 && { reason: `${euros} € is more than 100 €` },
  run: ({ invoice, euros }, { idempotencyKey }) => `Paid ${euros} € for ${invoice} (${idempotencyKey.length > 0}).`,
});

const agent = createAgent({ model: 'anthropic/claude-opus-5', tools: [pay] });
const store = openSqliteStore('sessions.db');
const session = await agent.openSession(store, { id: 'books' });

const [, message] = process.argv.slice(1);
if (message) console.log((await session.send(message).result()).reason); // `approval-needed`: the run has ended, nothing waits

// Now, or in another process days later: a decision holds for this very call, and for no other.
for (const { request, state } of await session.approvals()) {
  console.log(`${request.call.name} ${request.call.argumentsText}: ${request.reason}`);
  if (state === 'waiting') await session.decide(request.id, { isApproved: true, by: 'anna' });
}
console.log((await session.send().result()).text); // goes on with what was decided
await store.close();
