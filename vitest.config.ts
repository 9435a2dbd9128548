import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, so tests need no build.
const conditions = ['reprise-source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{packages,apps}/*/test/**/*.test.ts', 'examples/test/**/*.test.ts'],
    // The default leaves a core idle, and on two cores that is half of them.
    maxWorkers: availableParallelism(),
    // A process for each of some hundred files, which loads everything anew, is a quarter of the CPU time. Our own modules are evaluated for
    // each file all the same; what is shared is the process, its globals, and what is installed.
    isolate: false,
    setupFiles: ['./test/support/leave-no-trace.ts'],
    // Random runs make garbage by the million: with more room for what is young it is collected at less cost.
    execArgv: ['--max-semi-space-size=64'],
    // What takes a second here takes ten on a machine that others use as well.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Real browsers, servers and processes come too late now and then on such a machine. What then passes is told with what had failed. An
    // example that refutes a property is one in thousands, and would not be met again.
    retry: { count: Number(env['REPRISE_TEST_RETRIES'] ?? 0), condition: /^(?!Property failed)/ },
    // Processes that tests start keep compiled code from one to the next, which makes a start three times as fast.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'reprise-compile-cache') },
    // Starts PostgreSQL when a test asks for it, and not before.
    globalSetup: ['./packages/checkpoint/test/support/postgres-global-setup.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
