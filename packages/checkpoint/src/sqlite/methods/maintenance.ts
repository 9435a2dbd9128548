import type { CheckpointStore } from '../../store.ts';
import type { SqliteContext } from '../context.ts';
import type { Rows } from '../rows/rows.ts';
import { findDamage } from './damage.ts';
import { createReadDump } from './dump.ts';
import { restoreDump } from './restore.ts';

export function maintenance(
  context: SqliteContext,
  rows: Rows,
): Pick<CheckpointStore, 'dumpSession' | 'restoreSession' | 'findDamage'> {
  const { read, write } = context;
  const readDump = createReadDump(context, rows);
  return {
    dumpSession: (sessionId) => read(() => readDump(rows.sessions.require(sessionId))),
    restoreSession: (dump) => write(() => restoreDump(context, rows, dump)),
    findDamage: ({ onSession = () => undefined } = {}) => findDamage({ context, rows, readDump, onSession }),
  };
}
