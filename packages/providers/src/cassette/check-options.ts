import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { CassetteError } from './cassette-error.ts';
import { checkDomains, DEFAULT_DOMAINS } from './domains.ts';
import { checkStep } from './exchange/prune-steps.ts';
import type { CassetteMode, CassetteOptions } from './options.ts';

/** Throws for options that cannot work: another mode, speed, path or host than there is, and measuring what is only replayed. */
export function checkOptions(options: CassetteOptions): void {
  const { path, mode = 'auto', domains = DEFAULT_DOMAINS, speed = 0, measureCache, prune = [] } = options;
  if (!['auto', 'record', 'replay', 'off'].includes(mode)) {
    throw new RangeError(`mode is ${mode}; expected 'auto', 'record', 'replay' or 'off'.`);
  }
  if (path === '') throw new RangeError("path is ''; expected a file, or none for the default one.");
  checkDomains(domains);
  if (!(speed >= 0 && Number.isFinite(speed))) throw new RangeError(`speed is ${speed}; expected 0 or more.`);
  if (mode === 'replay' && measureCache === true) {
    const message = "measureCache is true in mode 'replay', where nothing is measured; use mode 'record' or 'off'.";
    throw new CassetteError('cassette/measuring', message);
  }
  for (const step of prune) checkStep(step);
}

/** Throws if there is no place for the file, or nothing to replay. */
export function checkFile(path: string, mode: CassetteMode): void {
  if (!existsSync(dirname(path))) {
    throw new CassetteError('cassette/no-folder', `There is no folder ${dirname(path)} for the cassette ${path}.`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CassetteError('cassette/no-file', `path is ${path}, which is a folder; name a file in it.`);
  }
  if (mode === 'replay' && !existsSync(path)) {
    throw new CassetteError('cassette/no-file', `There is no cassette ${path} to replay; record one with mode 'auto'.`);
  }
}
