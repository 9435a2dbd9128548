import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileSession, writeFile } from './file-session.ts';

// Changes files in the folder at argv[2], then rewinds them as a user who may not write to two of the folders; prints the refusal.

const NOBODY = 65534;

const root = process.argv[2] ?? '';
for (const folder of ['locked', 'open', 'sealed']) mkdirSync(join(root, folder));
const session = await fileSession({ root });
for (const path of ['locked/a', 'open/b']) writeFile(root, path, 'old', 0o644);
const snapshotId = await session.turn();
await session.beforeChange('locked/a', 'open/b', 'sealed/made');
for (const path of ['locked/a', 'open/b', 'sealed/made']) writeFile(root, path, 'new', 0o644);
for (const folder of ['locked', 'sealed']) chmodSync(join(root, folder), 0o555);
if (process.getuid?.() === 0) {
  for (const folder of ['.', 'locked', 'open', 'sealed']) chownSync(join(root, folder), NOBODY, NOBODY);
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
try {
  await session.rewind(snapshotId);
  process.stdout.write('rewound\n');
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ...Object(error), message: String(error) })}\n`);
} finally {
  for (const folder of ['locked', 'sealed']) chmodSync(join(root, folder), 0o755);
}
