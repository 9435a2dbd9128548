import { openSqliteStore } from '../../src/index.ts';

// Opens the store at argv[3] as a user who owns nothing, and prints the code and the message of the refusal.
// The store at argv[2] is opened first: it loads the driver, whose files that user may not be able to read.

const NOBODY = 65534;

await openSqliteStore(process.argv[2] ?? '').close();
if (process.getuid?.() === 0) {
  process.setgid?.(NOBODY);
  process.setuid?.(NOBODY);
}
try {
  await openSqliteStore(process.argv[3] ?? '').close();
  process.stdout.write('opened\n');
} catch (error) {
  process.stdout.write(`${JSON.stringify({ ...Object(error), message: String(error) })}\n`);
}
