import type { Command } from 'commander';
import { CheckpointError } from '../errors.ts';
import type { CheckpointStore, Damage } from '../store.ts';
import { plural } from './format.ts';
import { withExaminedStore } from './open-store.ts';
import { placeOf, STORE, type StorePlace } from './store-place.ts';
import { printable, type Terminal } from './terminal.ts';

/** `doctor`: reads everything, writes nothing. `onVerdict` is told whether the store is whole. */
export function addDoctorCommand(program: Command, terminal: Terminal, onVerdict: (isWhole: boolean) => void): void {
  program
    .command('doctor')
    .description('read every row of a store and name what is damaged; the store itself is not written to')
    .argument('<store>', STORE)
    .addHelpText('after', HELP)
    .action(async (location: string) => onVerdict(await examine(placeOf(program, location), terminal)));
}

const HELP = `
A SQLite store is copied to a temporary folder (TMPDIR says where) and the copy is read, so sessions may go on meanwhile.
Exit codes: 0 whole, 1 damaged, 2 not a store, or out of reach.`;

async function examine(place: StorePlace, terminal: Terminal): Promise<boolean> {
  const damages = new Set<string>();
  const report = (damage: string) => {
    if (damages.has(damage)) return;
    damages.add(damage);
    terminal.progress('');
    terminal.print(`damage: ${damage}`);
  };
  let sessions = 0;
  const onSession = (sessionId: string) => {
    sessions += 1;
    terminal.progress(`session ${sessions}: ${printable(sessionId, 40)}`);
  };
  terminal.progress('reading the store');
  try {
    const { stored, read } = await withExaminedStore(place, async (store) => {
      for await (const damage of findings(store, onSession)) report(damage);
    });
    if (stored !== read)
      terminal.print(`Its format is ${stored}; it was read as format ${read}, which it gets when it is next used.`);
  } catch (error) {
    // Damage that keeps a store from being opened at all.
    if (!(error instanceof CheckpointError && error.code === 'checkpoint/corrupt')) throw error;
    report(printable(error.message));
  } finally {
    terminal.progress('');
  }
  const isWhole = damages.size === 0;
  terminal.print(isWhole ? `Whole: everything was read, ${plural(sessions, 'session')}.` : verdict(damages.size));
  return isWhole;
}

async function* findings(store: CheckpointStore, onSession: (sessionId: string) => void): AsyncGenerator<string> {
  for await (const damage of store.findDamage({ onSession })) yield describe(damage);
}

function describe({ message, sessionId }: Damage): string {
  const text = printable(message);
  return sessionId === undefined || text.includes(sessionId) ? text : `session '${printable(sessionId)}': ${text}`;
}

function verdict(count: number): string {
  return `Damaged: ${plural(count, 'finding')}. Export what can be read, and restore the store from a backup.`;
}
