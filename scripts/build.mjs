// Builds every package through turbo: silent when all is well, everything it said when not.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { packageManager } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

// turbo asks pnpm for the workspace, so it must find the pinned one on its PATH; npx puts it there.
const { status, stdout } = spawnSync(
  `npx --yes ${packageManager} exec turbo run build --ui=stream --output-logs=errors-only 2>&1`,
  {
    shell: true,
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', NO_UPDATE_NOTIFIER: '1' },
  },
);
if (status !== 0) {
  process.stderr.write(stdout);
  process.exit(status ?? 1);
}
