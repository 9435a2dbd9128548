import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseFaultRules } from './faults/fault-rules.ts';
import { readRulesFile } from './json-rules.ts';
import { requestLine } from './request-line.ts';
import type { Script } from './script/script.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { USAGE_PROFILES, type UsageProfile } from './usage-profile.ts';

interface CommandOptions {
  readonly port: number;
  readonly host: string;
  readonly allowRemote?: boolean;
  readonly script?: string;
  readonly faults?: string;
  readonly seed: number;
  readonly speed: number;
  readonly usageProfile: UsageProfile;
}

/** Runs the simulator with the arguments of a process until it is stopped; resolves with its exit code: 2 if it could not start. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  try {
    const simulator = await start(parseOptions(argv));
    process.stdout.write(`${welcome(simulator.url)}\n`);
    await stopSignal();
    await simulator.close();
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`error: ${problemOf(error)}\n`);
    return 2;
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const advice = 'code' in error ? ADVICE.get(error.code) : undefined;
  return advice === undefined ? error.message : `${error.message}; ${advice}`;
}

const OTHER_PORT = 'choose another port with --port, or 0 for any free one.';
const OTHER_ADDRESS = 'choose another address of this machine with --host.';
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['EADDRINUSE', OTHER_PORT],
  ['EACCES', OTHER_PORT],
  ['EADDRNOTAVAIL', OTHER_ADDRESS],
  ['ENOTFOUND', OTHER_ADDRESS],
]);

function parseOptions(argv: readonly string[]): CommandOptions {
  const program = new Command('reprise-simulator')
    .description('The vendors on this machine: their wire formats and their cache rules, without their models.')
    .addOption(
      new Option('--port <number>', 'the port to listen on; 0 takes a free one').default(4010).argParser(portNumber),
    )
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--allow-remote', 'allow an address that other machines can reach')
    .option('--script <file>', 'rules for what the assistant says, as JSON (default: it repeats what it was told)')
    .option('--faults <file>', 'rules for what goes wrong, as JSON')
    .addOption(new Option('--seed <number>', 'of the faults that strike by chance').default(0).argParser(wholeNumber))
    .addOption(
      new Option('--speed <factor>', 'of replies with delays; 2 is twice as fast').default(1).argParser(positiveNumber),
    )
    .addOption(
      new Option('--usage-profile <vendor>', 'whose way of counting Chat Completions answers with')
        .choices(USAGE_PROFILES)
        .default('openai'),
    )
    .version(version())
    .addHelpText('after', HELP)
    .exitOverride();
  return program.parse(argv).opts<CommandOptions>();
}

const HELP = `
A script is a list of rules; the first that fits answers:
  [{ "when": { "lastMessage": "weather" }, "reply": { "toolCalls": [{ "name": "weather", "arguments": { "city": "Lisbon" } }] } },
   { "when": { "afterTool": "weather" }, "reply": "Sunny." },
   { "reply": "I only know about the weather." }]

Faults are a list of rules, too:
  [{ "fault": { "type": "status", "status": 529, "retryAfterMs": 2000 }, "probability": 0.1 },
   { "fault": { "type": "cut", "afterEvents": 5 }, "when": { "requestIndexes": [3] } }]`;

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String(version);
}

function portNumber(value: string): number {
  const number = wholeNumber(value);
  if (number > 65_535) throw new InvalidArgumentError('A port from 0 to 65535 is expected.');
  return number;
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('A whole number of at least 0 is expected.');
  return number;
}

function positiveNumber(value: string): number {
  const number = Number(value);
  if (!(number > 0) || number === Number.POSITIVE_INFINITY)
    throw new InvalidArgumentError('A number above 0 is expected.');
  return number;
}

async function start(options: CommandOptions): Promise<Simulator> {
  const { port, host, allowRemote = false, seed, speed, usageProfile } = options;
  if (!allowRemote && !LOOPBACK.has(host)) {
    throw new Error(`--host ${host} can be reached from other machines; add --allow-remote if that is what you want.`);
  }
  return startSimulator({
    port,
    host,
    seed,
    usageProfile,
    script: options.script ?? repeat,
    faults: options.faults === undefined ? [] : parseFaultRules(readRulesFile(options.faults, 'fault rules')),
    delay: (ms, signal) => sleep(ms / speed, undefined, { signal }).catch(() => undefined),
    onRequest: (request, workspace) => process.stdout.write(`${requestLine(request, workspace)}\n`),
  });
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

const repeat: Script = ({ messages }) => {
  const texts = messages.at(-1)?.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])) ?? [];
  return `You said: ${texts.join(' ') || 'nothing I can repeat'}`;
};

function welcome(url: string): string {
  return [
    `The simulator listens on ${url}`,
    `  Anthropic   baseURL: '${url}'`,
    `  OpenAI      baseURL: '${url}/v1'`,
    `  Ollama      host: '${url}'`,
    `  a workspace of its own: ${url}/workspaces/<name>`,
    '',
  ].join('\n');
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
