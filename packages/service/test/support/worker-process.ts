// Does the runs of a database, those that a dead process has left first, until it is killed.
// Arguments: database, where the model is, a file that gets a line for each execution of a tool. Prints `ready`.

import { appendFileSync } from 'node:fs';
import { createAgent, tool } from '@reprise/agent';
import { openSqliteStore } from '@reprise/checkpoint';
import { anthropic } from '@reprise/providers';
import { createLocalQueue, recoverRuns, startWorker } from '@reprise/service';
import { z } from 'zod';

const [database = '', url = '', effectLog = ''] = process.argv.slice(2);

const tools = (['pure', 'idempotent', 'effect'] as const).map((name) =>
  tool({
    name,
    description: `Does something ${name}.`,
    input: z.object({}),
    effect: name,
    async run(_input, { idempotencyKey }) {
      appendFileSync(effectLog, `${name} ${idempotencyKey}\n`);
      // Time to be killed in.
      await new Promise((resolve) => setTimeout(resolve, 10));
      return `${name} is done`;
    },
  }),
);
const store = openSqliteStore({ path: database, synchronous: 'normal' });
const queue = createLocalQueue();
const model = anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5');
await startWorker({
  agent: createAgent({ model, tools }),
  store,
  queue,
  concurrency: 16,
  flushMs: 20,
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});
await recoverRuns(store, queue);
process.stdout.write('ready\n');
