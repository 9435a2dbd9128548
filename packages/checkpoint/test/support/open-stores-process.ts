import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openSqliteStore } from '../../src/index.ts';

// Opens the store at every path it reads, creates the session named argv[2] there, closes it, and prints what came of it.

writeSync(1, 'ready\n');
for await (const path of createInterface({ input: process.stdin })) {
  try {
    const store = openSqliteStore(path);
    await store.createSession({ id: process.argv[2] ?? '', createdAt: 1 });
    await store.close();
    writeSync(1, 'created\n');
  } catch (error) {
    writeSync(1, `${String(error)}\n`);
  }
}
