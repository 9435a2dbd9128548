import { registerHooks } from 'node:module';
import { openPostgresStore } from '../../src/index.ts';

// Opens a Postgres store where the package `pg` cannot be found, and prints the code and the message of the refusal.

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'pg') return next(specifier, context);
    throw Object.assign(new Error("Cannot find module 'pg'"), { code: 'MODULE_NOT_FOUND' });
  },
});
try {
  const store = await openPostgresStore({ connectionString: 'postgres://127.0.0.1:1/none' });
  await store.close();
} catch (error) {
  const { code, message } = Object(error);
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
}
