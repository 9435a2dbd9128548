import { auditSession, renderStatement } from '@reprise/audit';
import { openSqliteStore } from '@reprise/checkpoint';

const store = openSqliteStore('sessions.db');
for (const { id } of (await store.listSessions()).items) {
  const statement = await auditSession(store, id, { scope: 'lifetime' }); // rewound branches were paid for, too
  console.log(`${id}\n${renderStatement(statement)}\n`);
}
await store.close();
