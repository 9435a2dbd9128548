import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, so tests need no build.
const conditions = ['reprise-source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['{packages,apps}/*/test/**/*.test.ts', 'examples/test/**/*.test.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
