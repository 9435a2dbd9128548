import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Command, CommanderError } from 'commander';
import type { SessionDump } from '../session-dump.ts';
import { statsOf } from '../sqlite/usable-path.ts';
import { exportSession } from '../transfer/export-session.ts';
import { importSession } from '../transfer/import-session.ts';
import { requireStore, withStore } from './open-store.ts';
import { placeOf, STORE, type StorePlace } from './store-place.ts';
import { printable, type Terminal } from './terminal.ts';

/** `export` and `import`. */
export function addTransferCommands(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description('write a session with all its branches as JSON Lines')
    .argument('<store>', STORE)
    .argument('<session>', 'its id')
    .option('-o, --output <file>', 'a file that is to have it (default: standard output)')
    .option('--force', 'replace the file if there is one')
    .action((location: string, sessionId: string, { output, force = false }: ExportOptions) => {
      if (output !== undefined) requireFreeFile(output, force);
      return withStore(placeOf(program, location), (store) => {
        const lines = exportSession(store, sessionId);
        return output === undefined ? terminal.pipe(lines) : writeWhole(output, lines);
      });
    });
  program
    .command('import')
    .description('read a session that `export` wrote; all of it is checked before anything is written')
    .argument('<store>', STORE)
    .argument('<file>', 'the file, or - for standard input')
    .option('--id <id>', 'import it under another id, as a fork of what it was')
    .option('--create', 'create the store if there is none')
    .action((location: string, file: string, options: { readonly id?: string; readonly create?: boolean }) =>
      readSession(placeOf(program, location), file, { options, terminal }),
    );
}

interface ExportOptions {
  readonly output?: string;
  readonly force?: boolean;
}

function requireFreeFile(file: string, mayReplace: boolean): void {
  const folder = dirname(resolve(file));
  if (!statsOf(folder, folder)?.isDirectory()) throw refused(`There is no folder ${folder}.`);
  const stats = statsOf(file, file);
  if (stats?.isDirectory()) throw refused(`${file} is a folder. Name a file.`);
  if (stats && !mayReplace) throw refused(`There is a file ${file} already. Add --force to replace it.`);
}

function refused(message: string): CommanderError {
  return new CommanderError(2, 'reprise.refused', message);
}

/** The file has all of it or is what it was before. */
async function writeWhole(file: string, lines: AsyncIterable<string>): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  try {
    const handle = await open(partial, 'wx');
    try {
      await handle.writeFile(lines);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** A new name is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readSession(
  place: StorePlace,
  file: string,
  { options, terminal }: { readonly options: ImportChoice; readonly terminal: Terminal },
): Promise<void> {
  const { id, create: mayCreate = false } = options;
  if (!mayCreate) await requireStore(place);
  if (file !== '-') requireFile(file);
  const content = file === '-' ? terminal.stdin : createReadStream(file);
  // A store that an import is to create is opened when there is something to put into it.
  const store = {
    restoreSession: (dump: SessionDump) => withStore(place, (opened) => opened.restoreSession(dump), { mayCreate }),
  };
  const session = await importSession(store, content, id === undefined ? {} : { id });
  terminal.print(`Imported session ${printable(session.id)}.`);
}

function requireFile(file: string): void {
  const stats = statsOf(file, file);
  if (!stats) throw refused(`There is no file ${file}.`);
  if (stats.isDirectory()) throw refused(`${file} is a folder. Name a file.`);
}

interface ImportChoice {
  readonly id?: string;
  readonly create?: boolean;
}
