import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { onTestFinished } from 'vitest';

/** A SQLite store in a folder that goes when the test ends. Whoever is given it closes it. */
export function tempStore(): CheckpointStore {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-service-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return openSqliteStore(join(folder, 'sessions.db'));
}
