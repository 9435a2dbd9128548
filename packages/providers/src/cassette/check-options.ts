import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CassetteError } from './cassette-error.ts';
import type { CassetteMode, CassetteOptions } from './options.ts';

/** Throws for a mode or a speed that there is not. */
export function checkOptions({ mode = 'auto', speed = 0 }: CassetteOptions): void {
  if (!['auto', 'record', 'replay', 'off'].includes(mode)) {
    throw new RangeError(`mode is ${mode}; expected 'auto', 'record', 'replay' or 'off'.`);
  }
  if (!(speed >= 0 && Number.isFinite(speed))) throw new RangeError(`speed is ${speed}; expected 0 or more.`);
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
