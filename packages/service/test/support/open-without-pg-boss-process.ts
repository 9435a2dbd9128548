import { registerHooks } from 'node:module';
import { openMemoryStore } from '@reprise/checkpoint';

// Opens a line of runs as if `pg-boss` were not installed, and prints the code and the message of what that is refused with.

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'pg-boss') return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: 'ERR_MODULE_NOT_FOUND' });
  },
});

const { openPgBossQueue } = await import('../../src/queue/pg-boss/index.ts');
try {
  await openPgBossQueue({ connectionString: 'postgres://127.0.0.1:1/postgres', store: openMemoryStore() });
} catch (error) {
  const { code, message } = Object(error);
  process.stdout.write(JSON.stringify({ code, message }));
}
