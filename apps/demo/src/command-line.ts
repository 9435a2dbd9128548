import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { isExpected } from './errors.ts';
import { type CommandOptions, planDemo, SIMULATED_MODEL } from './plan.ts';
import type { ServeTerms } from './serve/serve.ts';
import { createTerminal } from './terminal/terminal.ts';

/** Exit codes of a process ended by a signal are 128 and the signal's number. */
const STOP_SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** The first argument that makes it a service. */
const SERVE = 'serve';

/** The first argument that has it look at what a service stands on. */
const DOCTOR = 'doctor';

/** Runs the demo with the arguments of a process; resolves with its exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const terminal = createTerminal(process.stdout);
  const stop = new AbortController();
  let stopCode: number | undefined;
  for (const [name, code] of Object.entries(STOP_SIGNALS)) {
    process.once(name, () => {
      stopCode = code;
      stop.abort();
    });
  }
  // Whoever read along has gone, as `head` does.
  process.stdout.on('error', () => stop.abort());
  try {
    if (argv[2] === SERVE) {
      await runServe(argv, { terminal, mainFile: argv[1] ?? '', signal: stop.signal });
      return 0;
    }
    if (argv[2] === DOCTOR) {
      const { runDoctor } = await import('./doctor.ts');
      return (await runDoctor(argv, (text) => terminal.line(text))) ? 0 : 1;
    }
    const options = parseOptions(argv);
    const plan = await planDemo(options, commandOf(argv));
    // Loaded late, since it brings a server and a tokenizer along that a refusal or a wish for help does not need.
    const { runDemo } = await import('./demo.ts');
    const isWhole = await runDemo({ plan, terminal, mainFile: argv[1] ?? '', signal: stop.signal });
    return stopCode ?? (isWhole ? 0 : 1);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!isExpected(error)) throw error;
    terminal.endLine();
    process.stderr.write(`error: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return stopCode ?? 1;
  }
}

/** Serves until it is stopped, which is a good end. */
async function runServe(argv: readonly string[], terms: Omit<ServeTerms, 'plan'>): Promise<void> {
  const { parseServeOptions } = await import('./serve/serve-command.ts');
  const options = parseServeOptions(argv);
  const { planServe } = await import('./serve/serve-plan.ts');
  const plan = await planServe(options);
  const { serve } = await import('./serve/serve.ts');
  await serve({ ...terms, plan });
}

/** Throws a `CommanderError` once it has said why it cannot go on, which may be a wish for help. */
function parseOptions(argv: readonly string[]): CommandOptions {
  const program = new Command('reprise-demo')
    .usage('[options]')
    .description(
      'An agent answers questions about a folder, is killed in the middle of a turn, and goes on as if nothing had been.',
    )
    .version(version())
    .option('--dir <path>', 'the folder to ask about (default: the current one)', nonEmpty)
    .option('--ask <question>', 'a question; may be given several times', collect)
    .option(
      '--model <name>',
      `such as anthropic/…, openai/… or ollama/… (default: ${SIMULATED_MODEL}, simulated)`,
      nonEmpty,
    )
    .option('--db <path>', 'the database that keeps the sessions (default: .reprise/demo.db)', nonEmpty)
    .option('--session <id>', 'go on with a session of an earlier start', nonEmpty)
    .option('--no-kill', 'do not kill the session process')
    .addHelpText('after', HELP)
    .exitOverride()
    // One line a mistake, its hint included.
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`) });
  return program.parse(argv).opts<CommandOptions>();
}

const HELP = `
Without --model nothing leaves this machine: a server here plays the vendor, by
its wire format and its cache rules, and a script plays the model. A real model
needs its key in ANTHROPIC_API_KEY or OPENAI_API_KEY, or a server at OLLAMA_HOST.

npm start -- serve --help tells how to serve it to other programs, and
npm start -- doctor looks at what that stands on.

Examples:
  npm start
  npm start -- serve
  npm start -- --dir ~/notes --ask "What did we decide about backups?"
  npm start -- --model ollama/qwen3:14b --ask "Where are errors handled?"
  npm start -- --session 1f0c6a2e --ask "And where are they tested?"`;

function nonEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, nonEmpty(value).trim()];
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String(version);
}

/** What a user types to start the demo again. */
function commandOf([, mainFile = '']: readonly string[]): string {
  return process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : `node ${relative(process.cwd(), mainFile)}`;
}
