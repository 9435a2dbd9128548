import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@reprise/checkpoint';
import { type LoggedRequest, type Script, startSimulator, type Workspace } from '@reprise/simulator';
import { expect, it, onTestFinished } from 'vitest';
import { tempDatabase } from './support/temp-store.ts';

const PROCESS = fileURLToPath(new URL('./support/golden-process.ts', import.meta.url));

/** Three turns a question: two rounds of tools, then the answer. */
const script: Script = ({ messages }) => {
  const question = messages.findLastIndex(({ role }) => role === 'user');
  const rounds = messages.slice(question).filter(({ role }) => role === 'tool').length;
  const number = messages.length;
  switch (rounds) {
    case 0:
      return {
        thinking: `I need more for “ı${number}”.`,
        text: 'Let me see.',
        toolCalls: [
          { name: 'IMAGINE', arguments: { of: `zebra\u2028${number}` } },
          { name: 'tap', arguments: { times: 1.5e300, where: 'Ümraniye' } },
        ],
      };
    case 1:
      return {
        thinking: 'And now the rest.',
        toolCalls: [
          { name: 'zap', arguments: { what: 'ğ\n' } },
          { name: 'say', arguments: { words: ['z', 'ä', 'İ', 'i', 't'] } },
        ],
      };
    default:
      return { thinking: 'That was helpful.', text: `It is 🦓 ${number}. ${'So it is. '.repeat(9)}` };
  }
};

interface Run {
  readonly database: string;
  readonly workspace: Workspace;
  readonly family: string;
  readonly questions: number;
}

const PLACES = [
  { LC_ALL: 'en_US.UTF-8', TZ: 'America/St_Johns', order: 'forwards' },
  { LC_ALL: 'et_EE.UTF-8', TZ: 'Pacific/Kiritimati', order: 'backwards' },
  { LC_ALL: 'tr_TR.UTF-8', TZ: 'UTC', order: 'backwards' },
] as const;

/** How a process ended that began in one of the places. */
function play(
  { database, workspace, family, questions }: Run,
  ending: 'whole' | 'killed',
  place: number,
): Promise<string> {
  const { order, ...env } = PLACES[place % PLACES.length] ?? PLACES[0];
  const child = spawn(
    process.execPath,
    ['--conditions=reprise-source', PROCESS, database, workspace.url, family, String(questions), ending, order],
    { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env, LANG: env.LC_ALL } },
  );
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `exit ${code}`)));
}

/** Plays a conversation, in a process that is killed after each turn; resolves to how many there were. */
async function playKilled(run: Run): Promise<number> {
  for (let processes = 1; ; processes += 1) {
    const ended = await play(run, 'killed', processes);
    if (ended !== 'SIGKILL') {
      expect(ended).toBe('exit 0');
      return processes;
    }
  }
}

async function totals(database: string) {
  const store = openSqliteStore(database);
  const rows = await store.readTurns('golden');
  const last = await store.readLastSnapshot('golden');
  await store.close();
  return { rows, tokens: last?.tokenSnapshot };
}

/** Where two conversations first part, with what was sent there; `undefined` if they are the same to the byte. */
function firstDifference(one: Workspace, other: Workspace) {
  const [sent, again] = [one, other].map(({ requests }) => requests.map(({ bodyText }) => bodyText).join('\n'));
  if (sent === again || sent === undefined || again === undefined) return undefined;
  let at = 0;
  while (sent[at] === again[at]) at += 1;
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
  return { at, sent: around(sent), again: around(again) };
}

const answeredTo = ({ requests }: Workspace) =>
  requests.map(({ verdict, usage }: LoggedRequest) => ({ verdict, usage }));

it.each([
  { family: 'anthropic', questions: 10 },
  { family: 'openai-responses', questions: 2 },
  { family: 'openai-chat', questions: 2 },
  { family: 'ollama', questions: 2 },
])(
  'a session with $family that is killed after every turn, and resumed elsewhere, sends the bytes and reads the cache of one that lived (N-01, I2, I3)',
  async ({ family, questions }) => {
    const turns = 3 * questions;
    // At one moment, since the ids that the vendors give their answers hold the time.
    const server = await startSimulator({ script, clock: () => 1_800_000_000_000 });
    onTestFinished(() => server.close());
    const lived = { database: tempDatabase(), workspace: server.workspace('lived'), family, questions };
    const killed = { database: tempDatabase(), workspace: server.workspace('killed'), family, questions };
    expect(await play(lived, 'whole', 0)).toBe('exit 0');
    // The last process finds nothing left to do.
    expect(await playKilled(killed)).toBe(turns + 1);

    expect(lived.workspace.requests.map(({ status }) => status)).toEqual(Array(turns).fill(200));
    expect(firstDifference(lived.workspace, killed.workspace)).toBeUndefined();
    expect(answeredTo(killed.workspace)).toEqual(answeredTo(lived.workspace));

    const [whole, pieces] = [await totals(lived.database), await totals(killed.database)];
    expect(pieces.rows.map(({ prefixFingerprint }) => prefixFingerprint)).toEqual(
      whole.rows.map(({ prefixFingerprint }) => prefixFingerprint),
    );
    expect(pieces.tokens).toEqual(whole.tokens);
    if (family !== 'ollama') {
      expect(pieces.tokens?.cacheRead).toBe(
        killed.workspace.requests.reduce((sum, { verdict }) => sum + verdict.read, 0),
      );
      expect(pieces.tokens?.cacheRead).toBeGreaterThan(0);
    }
  },
  300_000,
);
