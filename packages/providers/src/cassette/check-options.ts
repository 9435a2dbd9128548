import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CassetteError } from './cassette-error.ts';
import { checkStep } from './exchange/prune-steps.ts';
import type { CassetteMode, CassetteOptions } from './options.ts';

/** Throws for options that cannot work: another mode, speed or path than there is, and measuring what is only replayed. */
export function checkOptions({ mode = 'auto', speed = 0, measureCache, prune = [] }: CassetteOptions): void {
  if (!['auto', 'record', 'replay', 'off'].includes(mode)) {
    throw new RangeError(`mode is ${mode}; expected 'auto', 'record', 'replay' or 'off'.`);
  }
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
  if (mode === 'replay' && !existsSync(path)) {
    throw new CassetteError('cassette/no-file', `There is no cassette ${path} to replay; record one with mode 'auto'.`);
  }
}
