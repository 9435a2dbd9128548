import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/sqlite/sqlite-store.ts';
import { fileSession } from './file-session.ts';

// Changes files in the folder at argv[2], in a session of the store at argv[3], and rewinds them; killed at the argv[5]-th passage of the
// fault point argv[4].

const [, , root = '', database = '', point, passage = '1'] = process.argv;
let left = Number(passage);

const session = await fileSession({
  root,
  store: openSqliteStore(database),
  onFaultPoint(passed) {
    if (passed === point) left -= 1;
    if (passed === point && left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
for (const path of ['changed', 'deep/deleted', 'mode']) session.write(path, 'old', 0o644);
const snapshotId = await session.turn();
await session.beforeChange('changed', 'created', 'deep/deleted', 'mode');
session.write('changed', 'new', 0o600);
session.write('created', 'new', 0o600);
session.write('mode', 'old', 0o755);
rmSync(join(root, 'deep'), { recursive: true });
await session.turn();
await session.rewind(snapshotId);
process.stdout.write('not killed\n');
