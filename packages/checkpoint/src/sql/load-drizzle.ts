import { createRequire } from 'node:module';

// `import 'drizzle-orm'` costs some 300 ms and 250 MB on Node 24, which reads the package's large package.json again for each of its
// modules; `require` costs 65 ms. So drizzle is required, where a store that needs it is opened, and only its types are imported.
const require = createRequire(import.meta.url);

/** Drizzle's operators, for both databases. */
export function loadDrizzle(): typeof import('drizzle-orm') {
  return require('drizzle-orm');
}

/** Drizzle's columns and tables for SQLite. */
export function loadSqliteCore(): typeof import('drizzle-orm/sqlite-core') {
  return require('drizzle-orm/sqlite-core');
}

/** Drizzle on a connection of better-sqlite3. */
export function loadSqliteDrizzle(): typeof import('drizzle-orm/better-sqlite3') {
  return require('drizzle-orm/better-sqlite3');
}
