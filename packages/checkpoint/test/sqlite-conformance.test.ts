import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../src/index.ts';
import { describeStoreConformance } from '../src/testing/index.ts';

describeStoreConformance('the SQLite store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-checkpoint-'));
  return {
    open: (options) => openSqliteStore({ path: join(folder, 'sessions.db'), synchronous: 'normal', ...options }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
});
