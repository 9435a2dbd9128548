import { readFileSync, writeFileSync } from 'node:fs';
import { Chat, formatTranscript, parseTranscript, tool } from '@reprise/agent';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'The weather in a city now.',
  input: z.object({ city: z.string() }),
  run: ({ city }) => `Sunny in ${city}, 21 °C.`,
});

const chat = new Chat('anthropic/claude-opus-5', { tools: [weather], cache: true });
await chat.ask('What should I wear in Lisbon today?');
writeFileSync('talk.md', formatTranscript(chat.history)); // Markdown for people, and all of it can be read back

const history = parseTranscript(readFileSync('talk.md', 'utf8'));
const resumed = new Chat('anthropic/claude-opus-5', { tools: [weather], cache: true, history });
console.log((await resumed.ask('And tomorrow?')).text);
console.log(resumed.printHistory());
console.log(resumed.cost); // { known: picodollars, unpricedTurns }
