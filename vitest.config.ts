import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their TypeScript source, so tests need no build.
const conditions = ['reprise-source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
  },
});
