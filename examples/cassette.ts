import { initialState, runAgent } from '@reprise/agent';
import { createCassette, DEFAULT_DOMAINS } from '@reprise/providers/cassette';

// The first run asks the vendor and writes answers.jsonl; from then on the file answers, without a socket.
await using cassette = createCassette({
  path: 'answers.jsonl',
  mode: process.env['CI'] ? 'replay' : 'auto', // in CI, what is not in the file is an error that names what comes nearest
  domains: [...DEFAULT_DOMAINS, '127.0.0.1'], // the vendors, and a simulated one
  onEvent: ({ type }) => console.log(`cassette: ${type}`),
});
cassette.enable(); // or hand cassette.fetch to one client

const run = runAgent(initialState(), 'Name a city by the sea.', { model: 'anthropic/claude-opus-5' });
console.log((await run.result()).text);
