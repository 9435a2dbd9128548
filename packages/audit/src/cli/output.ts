import { existsSync, realpathSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CommanderError } from 'commander';

export type Write = (piece: string) => Promise<void>;

export interface OutputFile {
  readonly path: string;
  /** Replace the file if there is one. */
  readonly mayReplace: boolean;
  /** Files that are read, which no report may take the place of. */
  readonly inputs: readonly string[];
}

/** Throws commander's error for a file that may not be written. */
export function requireFreeFile({ path, mayReplace, inputs }: OutputFile): void {
  if (!existsSync(dirname(resolve(path)))) throw refused(`There is no folder ${dirname(resolve(path))}.`);
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) throw refused(`${path} is a folder. Name a file.`);
  if (inputs.some((input) => isSameFile(input, path)))
    throw refused(`${path} is what is to be audited. Name another file.`);
  if (!mayReplace) throw refused(`There is a file ${path} already. Add --force to replace it.`);
}

function isSameFile(one: string, other: string): boolean {
  return existsSync(one) && realpathSync(one) === realpathSync(other);
}

function refused(message: string): CommanderError {
  return new CommanderError(2, 'reprise.refused', message);
}

/** Runs `work` with a file to write to. The file has all of it, or is what it was before. */
export async function writeWhole(path: string, work: (write: Write) => Promise<void>): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    const handle = await open(partial, 'wx');
    try {
      await work((piece) => handle.appendFile(piece));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
