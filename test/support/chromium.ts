import { existsSync } from 'node:fs';
import { env } from 'node:process';
import { describe } from 'vitest';

const { REPRISE_CHROMIUM: executablePath = '/usr/bin/chromium', REPRISE_REQUIRE_CHROMIUM: isRequired } = env;

/** What Playwright is to launch. */
export const CHROMIUM: { readonly executablePath: string; readonly args: string[] } = {
  executablePath,
  args: ['--no-sandbox', '--disable-gpu'],
};

/** Describes what takes a browser. Where there is none it is skipped, with the reason in its name; `REPRISE_REQUIRE_CHROMIUM=1` has it fail instead. */
export function describeWithChromium(name: string, tests: () => void): void {
  const isSkipped = isRequired !== '1' && !existsSync(executablePath);
  const why = isSkipped ? ` (skipped: there is no Chromium at ${executablePath}; REPRISE_CHROMIUM names another)` : '';
  describe.skipIf(isSkipped)(`${name}${why}`, { timeout: 60_000 }, tests);
}
