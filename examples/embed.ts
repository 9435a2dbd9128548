import { createAgent, tool } from '@reprise/agent';
import { auditSession, renderStatement } from '@reprise/audit';
import { openSqliteStore } from '@reprise/checkpoint';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'The weather in a city now.',
  input: z.object({ city: z.string() }),
  effect: 'pure', // safe to run again after a crash
  run: ({ city }) => `Sunny in ${city}, 21 °C.`,
});

const agent = createAgent({ model: 'anthropic/claude-opus-5', system: 'You are a travel guide.', tools: [weather] });
const store = openSqliteStore('sessions.db');
const session = await agent.openSession(store, { id: 'anna' }); // creates it, or resumes it where it stopped

for await (const event of session.send('What should I wear in Lisbon today?')) {
  if (event.type === 'text-delta') process.stdout.write(event.text);
}

console.log(`\n\n${renderStatement(await auditSession(store, 'anna'))}`);
await store.close();
