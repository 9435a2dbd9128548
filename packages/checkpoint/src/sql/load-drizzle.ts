import { createRequire } from 'node:module';
import { lazily } from '../lazily.ts';

// `import 'drizzle-orm'` costs some 300 ms and 250 MB on Node 24, which reads the package's large package.json again for each of its
// modules; `require` costs 65 ms, and each further one of the same module half a millisecond for the same reason. So drizzle is required,
// where a store that needs it is opened, once, and only its types are imported.
const require = createRequire(import.meta.url);

/** Drizzle's operators, for both databases. */
export const loadDrizzle: () => typeof import('drizzle-orm') = lazily(() => require('drizzle-orm'));

/** Drizzle's columns and tables for SQLite. */
export const loadSqliteCore: () => typeof import('drizzle-orm/sqlite-core') = lazily(() =>
  require('drizzle-orm/sqlite-core'),
);

/** Drizzle on a connection of better-sqlite3. */
export const loadSqliteDrizzle: () => typeof import('drizzle-orm/better-sqlite3') = lazily(() =>
  require('drizzle-orm/better-sqlite3'),
);
