import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';

const agent = createAgent({ model: 'anthropic/claude-opus-5', system: 'You are a travel guide.' });
const store = openSqliteStore('sessions.db');
const session = await agent.openSession(store, { id: 'anna' }); // creates it, or resumes it where it stopped
await session.send('A city for a weekend in May?').result();
const { id: crossroads } = await session.label('before the details'); // names the last snapshot

const fork = await session.fork(); // goes on from here on its own, and copies nothing
console.log((await fork.send('How do I get there by train?').result()).text);

console.log((await session.send('And by plane?').result()).text);
const { left } = await session.rewind({ to: crossroads, what: 'conversation' }); // loses nothing: `left` leads back
console.log(`Back at turn ${session.state.turnCount}; turn ${left.turnCount} is kept.`);
await store.close();
