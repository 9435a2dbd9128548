import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CheckpointError } from '../errors.ts';
import { addChangeCommands } from './change-commands.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addReadCommands } from './read-commands.ts';
import type { Terminal } from './terminal.ts';
import { addTransferCommands } from './transfer-commands.ts';

/**
 * Runs the command with the arguments of a process; resolves to its exit code: 0 when it did what it was asked, 1 when the store is
 * damaged, 2 for anything else that kept it from doing so.
 */
export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  const outcome: { exitCode: number } = { exitCode: 0 };
  addReadCommands(program, terminal);
  addChangeCommands(program, terminal);
  addTransferCommands(program, terminal);
  addDoctorCommand(program, terminal, (isWhole) => {
    outcome.exitCode = isWhole ? 0 : 1;
  });
  try {
    await program.parseAsync(argv);
    return outcome.exitCode;
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
}

function createProgram(terminal: Terminal): Command {
  return new Command('reprise-checkpoint')
    .description('Look after the sessions in a store: a SQLite file, or a Postgres database.')
    .option('--schema <name>', 'of a Postgres store (default: reprise)')
    .version(version())
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    });
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
}

const EXAMPLES = `
Examples:
  $ reprise-checkpoint sessions sessions.db --search invoice
  $ reprise-checkpoint show sessions.db anna
  $ reprise-checkpoint export sessions.db anna -o anna.jsonl
  $ reprise-checkpoint import postgres://localhost/agents anna.jsonl
  $ reprise-checkpoint prune sessions.db --keep-snapshots 100 --older-than 30d --dry-run
  $ reprise-checkpoint doctor sessions.db

Exit codes: 0 done, 1 the store is damaged, 2 not done.`;

function exitCodeOf(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    // What commander itself refuses it has said already; help is no error.
    if (error.code.startsWith('reprise.')) terminal.complain(`error: ${error.message}`);
    return error.exitCode === 0 ? 0 : 2;
  }
  terminal.complain(`error: ${String(error instanceof Error ? error.message : error).replace(/\s*\n\s*/g, ' ')}`);
  return error instanceof CheckpointError && DAMAGE.has(error.code) ? 1 : 2;
}

const DAMAGE: ReadonlySet<string> = new Set<CheckpointError['code']>(['checkpoint/corrupt', 'checkpoint/blob-missing']);
