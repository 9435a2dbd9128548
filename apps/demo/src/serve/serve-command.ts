import { Command, InvalidArgumentError } from 'commander';
import type { ServeOptions } from './serve-plan.ts';

const HELP = `
One process with an SQLite file serves many clients. --workers starts processes
that do the runs, on PostgreSQL: kill one, and the others go on with its runs.

The simulated model is always there. Where ANTHROPIC_API_KEY or OPENAI_API_KEY is
set, sessions can have a model of that vendor as well.

Examples:
  npm start -- serve
  npm start -- serve --workers 3
  npm start -- serve --store postgres://me:secret@db/sessions --port 8080
  REPRISE_TOKEN=$(openssl rand -hex 32) npm start -- serve --host 0.0.0.0`;

const MAX_PORT = 65_535;
const MAX_WORKERS = 64;
const MAX_CONCURRENCY = 1000;

/** The options of `serve`. Throws a `CommanderError` once it has said why it cannot go on, which may be a wish for help. */
export function parseServeOptions(argv: readonly string[]): ServeOptions {
  const token = process.env['REPRISE_TOKEN'];
  const command = new Command('reprise-demo serve')
    .usage('[options]')
    .description('Serves the agent that answers questions about a folder, to any number of clients over HTTP.')
    .option('--port <number>', 'where to listen; 0 for any that is free', wholeNumber(0, MAX_PORT), 4141)
    .option(
      '--host <address>',
      'on which address to listen; beyond this machine it needs a token',
      nonEmpty,
      '127.0.0.1',
    )
    .option('--token <token>', 'what clients have to send; better set REPRISE_TOKEN, which others cannot see', nonEmpty)
    .option('--workers <number>', 'processes that do the runs; 0: this one', wholeNumber(0, MAX_WORKERS), 0)
    .option('--concurrency <number>', 'runs that a process does at once', wholeNumber(1, MAX_CONCURRENCY), 8)
    .option('--store <place>', 'an SQLite file, or postgres://… (default: .reprise/serve.db)', nonEmpty)
    .option('--dir <path>', 'the folder to ask about', nonEmpty, '.')
    .option('--model <name>', 'such as anthropic/…, openai/… or ollama/… (default: a simulated one)', nonEmpty)
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`) });
  const options = command.parse(argv.slice(3), { from: 'user' }).opts<ServeOptions>();
  return { ...(token ? { token } : {}), ...options };
}

function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

function nonEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}
