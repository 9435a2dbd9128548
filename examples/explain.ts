import { advise, explainSession, readRecordedTurns, renderAdvice, renderBreaks } from '@reprise/audit';
import { openSqliteStore } from '@reprise/checkpoint';

const store = openSqliteStore('sessions.db');
const explanation = await explainSession(store, 'anna'); // each turn that read less than it could have, with the block that changed
console.log(renderBreaks(explanation.breaks));

const turns = await readRecordedTurns(store, 'anna');
console.log(renderAdvice(advise(turns))); // the cheapest plan over these very requests, and by how much
await store.close();
