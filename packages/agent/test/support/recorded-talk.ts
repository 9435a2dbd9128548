import { type AgentOptions, createAgent, type Session, type Tool, tool } from '@reprise/agent';
import { mergeTurns, type RecordedTurn, readRecordedTurns } from '@reprise/audit';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import { anthropic, type Model, ollama, openai, openaiResponses } from '@reprise/providers';
import {
  type FaultRule,
  type Script,
  type Simulator,
  startSimulator,
  type VirtualClock,
  virtualClock,
} from '@reprise/simulator';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { LONG_SYSTEM_PROMPT } from './simulated.ts';

export const MINUTE_MS = 60_000;

/** Every way of caching that an adapter meets, through the vendors' own SDKs. */
export const VENDORS: Readonly<Record<string, (url: string) => Model>> = {
  anthropic: (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  'openai chat 5.6': (url) => openai({ ...openaiAt(url), vendor: 'openai' }).model('gpt-5.6'),
  'openai responses 5.6': (url) => openaiResponses({ ...openaiAt(url), vendor: 'openai' }).model('gpt-5.6'),
  // Takes no marks, so that the model marks its own.
  'openai chat 5.6 behind a gateway': (url) => openai(openaiAt(url)).model('gpt-5.6'),
  'openai chat before 5.6': (url) => openai({ ...openaiAt(url), vendor: 'openai' }).model('gpt-5.2'),
  'openai responses before 5.6': (url) => openaiResponses({ ...openaiAt(url), vendor: 'openai' }).model('gpt-5.2'),
  ollama: (url) => ollama({ host: url }).model('llama4'),
};

const openaiAt = (url: string) => ({ apiKey: 'simulated', baseURL: `${url}/v1` });

export interface RecordedTalk {
  readonly clock: VirtualClock;
  readonly server: Simulator;
  readonly store: CheckpointStore;
  readonly session: Session;
  /** Sends each question after its pause, in milliseconds. */
  talk(pauses: readonly number[], of?: Session): Promise<void>;
  /** The session resumed with other settings, as in another process. */
  reopen(options: Partial<AgentOptions>): Promise<Session>;
  /** The turns of these sessions, by default of the first, in the order in which they were sent. */
  turns(...sessionIds: readonly string[]): Promise<Iterable<RecordedTurn>>;
  /** Ends the vendor before the test does. */
  close(): Promise<void>;
}

/** A session with a vendor of its own, on a clock of its own. Every third question calls a tool. */
export async function recordedTalk(
  makeModel: (url: string) => Model,
  options: Partial<AgentOptions> = {},
  faults: readonly FaultRule[] = [],
): Promise<RecordedTalk> {
  const clock = virtualClock();
  const server = await startSimulator({ clock: clock.now, script, faults });
  onTestFinished(() => server.close());
  const [store, model] = [openMemoryStore(), makeModel(server.url)];
  let [ids, questions] = [0, 0];
  const ports = { clock: clock.now, createId: () => `id-${ids++}` };
  const frame = { model, ports, system: LONG_SYSTEM_PROMPT, tools: [lookUp], onPrefixChange: 'allow' } as const;
  const session = await createAgent({ ...frame, ...options }).openSession(store, { id: 's' });
  let open = session;

  async function talk(pauses: readonly number[], of: Session = open): Promise<void> {
    for (const pause of pauses) {
      clock.advance(pause);
      questions += 1;
      await of.send(`Question ${questions}? ${'Well? '.repeat((questions * 7) % 40)}`).result();
    }
  }

  async function reopen(changed: Partial<AgentOptions>): Promise<Session> {
    await open.close();
    open = await createAgent({ ...frame, ...options, ...changed }).openSession(store, { id: 's' });
    return open;
  }

  async function turns(...sessionIds: readonly string[]): Promise<Iterable<RecordedTurn>> {
    const read = (sessionIds.length === 0 ? ['s'] : sessionIds).map((id) => readRecordedTurns(store, id));
    return mergeTurns(await Promise.all(read));
  }

  return { clock, server, store, session, talk, reopen, turns, close: () => server.close() };
}

const lookUp: Tool = tool({
  name: 'look_up',
  description: 'Looks something up.',
  input: z.object({ what: z.string() }),
  effect: 'pure',
  run: ({ what }) => `${what} is ${'so and '.repeat(60)}so.`,
});

/** Says the same to the same conversation, whatever else is asked in between. */
const script: Script = ({ messages }) => {
  const length = messages.length;
  const questions = messages.filter(({ role }) => role === 'user').length;
  if (messages.at(-1)?.role === 'user' && questions % 3 === 2) {
    const call = { id: `call_${length}`, name: 'look_up', arguments: { what: `thing ${length}` } };
    return { text: 'Let me see.', toolCalls: [call] };
  }
  return `It is ${length}. `.repeat(20 + ((length * 13) % 50));
};
