import { createClient } from '@reprise/service/client';

const [, url = 'http://127.0.0.1:8080/agents'] = process.argv.slice(1);
const { sessions } = createClient(url, { token: process.env['WEBSITE_TOKEN'] ?? '' });

// The run is kept before this resolves; it goes on whatever becomes of this program.
const run = await sessions.send('anna', 'A city for a weekend in May?', { create: true });

// Cut connections are made anew where they were cut, by whichever process of the service answers.
for await (const event of run) {
  if (event.type === 'text-delta') process.stdout.write(event.text);
  if (event.type === 'tool-start') console.log(`\n(${event.call.name} …)`);
}
const { reason, totals } = await run.outcome();
console.log(`\n${reason} after ${totals.turnCount} turns`);

// Another client, or this one after a reload, hears the same run from the beginning: what there is to show, after each event.
for await (const { items, growing, end } of sessions.run('anna', run.id).views()) {
  if (end) console.log(`${items.length} turns to show, ${growing.length} being written`);
}
