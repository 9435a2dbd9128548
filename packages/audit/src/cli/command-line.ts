import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import type { GroupBy } from '../report/collect-report.ts';
import { isUnreadable } from '../report/damaged-session.ts';
import type { Scenario } from '../what-if/scenario.ts';
import { oneMore, readTime } from './arguments.ts';
import type { AuditRequest, Format } from './audit-request.ts';
import { runAudit } from './run-audit.ts';
import { PLAN_HELP, readPlans } from './scenario-argument.ts';
import { printable, type Terminal } from './terminal.ts';

export interface CommandPorts {
  readonly terminal: Terminal;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/**
 * Runs the command with the arguments of a process; resolves to its exit code: 0 when it did what it was asked, 1 when a check failed, 2 for
 * anything that kept it from doing so.
 */
export async function runCommandLine(argv: readonly string[], { terminal, clock }: CommandPorts): Promise<number> {
  const now = clock();
  const output = { text: '' };
  const program = createProgram(now, terminal, output);
  const outcome: { exitCode: number } = { exitCode: 0 };
  program.action(async (paths: string[], options: CommandOptions) => {
    const isSound = await runAudit(requestOf(paths, options, now), terminal);
    outcome.exitCode = isSound ? 0 : 1;
  });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    outcome.exitCode = exitCodeOf(error, terminal);
  }
  terminal.progress('');
  if (output.text !== '') await terminal.write(output.text);
  return outcome.exitCode;
}

interface CommandOptions {
  readonly session?: readonly string[];
  readonly since?: number;
  readonly until?: number;
  readonly by?: GroupBy;
  readonly explain?: boolean;
  readonly whatIf?: readonly Scenario[];
  readonly advise?: boolean;
  readonly verify?: boolean;
  readonly format: Format;
  readonly out?: string;
  readonly force?: boolean;
  readonly partial?: boolean;
  readonly schema?: string;
}

function createProgram(now: number, terminal: Terminal, output: { text: string }): Command {
  const time = (value: string) => readTime(value, now);
  const plans = (value: string, before: readonly Scenario[] = []) => [...before, ...readPlans(value)];
  return new Command('reprise-audit')
    .description(
      'What prompt caching cost and saved, what broke it, and what another plan would have cost: over the stores of this library, transcripts of Claude Code, logs of responses as JSON Lines, and cassettes. Reads only.',
    )
    .argument(
      '[path...]',
      'files or folders, told by their content, or a postgres:// URL (default: where Claude Code keeps its transcripts)',
    )
    .option('-s, --session <id>', 'only this session; may be given several times', oneMore)
    .option('--since <time>', 'only turns sent then or later: 2026-11-21, 2026-11-21T14:30 (UTC), or 7d ago', time)
    .option('--until <time>', 'only turns sent before', time)
    .addOption(
      new Option('--by <what>', 'a row for each of these (default: turn for one session, else session)').choices(
        GROUPS,
      ),
    )
    .option('--explain', 'for each turn that read less from the cache than it could have: where and why')
    .option('--what-if <plan>', 'what another plan would have cost, see below; may be given several times', plans)
    .option('--advise', 'the cheapest plan, and by how much')
    .option('--verify', 'instead of all that: whether a store’s ledger is as it was written')
    .addOption(new Option('-f, --format <format>', 'of the report').choices(FORMATS).default('table'))
    .option('-o, --out <file>', 'a file that is to have the report (default: standard output)')
    .option('--force', 'replace the file if there is one')
    .option('--partial', 'give percentages even if they leave turns out')
    .option('--schema <name>', 'of a Postgres store (default: reprise)')
    .version(version())
    .addHelpText('after', HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.text += text;
      },
      writeErr: (text) => terminal.complain(text.trimEnd()),
    });
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return String(version);
}

const GROUPS: readonly GroupBy[] = ['turn', 'session', 'model', 'day', 'tag'];
const FORMATS: readonly Format[] = ['table', 'json', 'csv', 'html'];

const HELP = `${PLAN_HELP}
They replay whole sessions, those with a turn in the window.

Examples:
  $ reprise-audit                                        your Claude Code sessions
  $ reprise-audit sessions.db --by model --since 7d
  $ reprise-audit sessions.db --session anna --explain
  $ reprise-audit sessions.db --what-if auto,ttl=1h --what-if no-cache
  $ reprise-audit logs/ --format csv --by day --out days.csv
  $ reprise-audit sessions.db --explain --advise --format html --out report.html
  $ reprise-audit sessions.db --verify

A SQLite store is copied to a temporary folder (TMPDIR says where) and the copy is read, so sessions may go on meanwhile.
Exit codes: 0 done, 1 a check failed (a row is not as it was written; a report leaves its session out), 2 not done.`;

function requestOf(paths: readonly string[], options: CommandOptions, now: number): AuditRequest {
  const { session, since, until, by, explain, whatIf, advise, verify, format, out, force, partial, schema } = options;
  if (since !== undefined && until !== undefined && since >= until) {
    throw new CommanderError(2, 'reprise.usage', '--since has to be before --until.');
  }
  return {
    paths,
    now,
    sessionIds: session,
    since,
    until,
    by: by ?? (session?.length === 1 ? 'turn' : 'session'),
    explains: explain ?? false,
    scenarios: whatIf ?? [],
    advises: advise ?? false,
    verifies: verify ?? false,
    format,
    out: out === undefined ? undefined : { path: out, mayReplace: force ?? false },
    allowPartial: partial ?? false,
    schema,
  };
}

function exitCodeOf(error: unknown, terminal: Terminal): number {
  terminal.progress('');
  if (error instanceof CommanderError) {
    // What commander itself refuses it has said already; help is no error.
    if (error.code.startsWith('reprise.')) terminal.complain(`error: ${error.message}`);
    return error.exitCode === 0 ? 0 : 2;
  }
  terminal.complain(`error: ${printable(error instanceof Error ? error.message : String(error))}`);
  return isUnreadable(error) ? 1 : 2;
}
