import { afterAll, vi } from 'vitest';

// Test files share a process: what one of them has put in the place of something is gone before the next.
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
