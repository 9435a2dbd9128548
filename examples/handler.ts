import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { createAgent } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';

const agent = createAgent({ model: 'anthropic/claude-opus-5', system: 'You are a travel guide.' });
const store = openSqliteStore('sessions.db');

// POST /<session> with a message: the answer comes as plain text, while it is written.
const server = createServer(async (request, response) => {
  const left = new AbortController();
  response.once('close', () => left.abort()); // who hangs up stops the run; what was said by then is kept
  try {
    const session = await agent.openSession(store, { id: request.url?.slice(1) || 'anna', onBusy: 'queue' });
    for await (const event of session.send(await text(request), { signal: left.signal })) {
      if (event.type === 'text-delta') response.write(event.text);
      if (event.type === 'run-end' && event.error) throw event.error;
    }
    response.end();
  } catch (error) {
    if (response.headersSent)
      response.destroy(); // half an answer must not look like a whole one
    else response.writeHead(500).end(`${error}\n`);
  }
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`);
});
