/**
 * A session that everything happens to: tools that fail, aborts, crashes, faults of the vendor, steering, approvals, rewinds. Played with
 * the real SDKs against the strict simulator, on a store that outlives the "processes" of the test.
 */

import {
  type AgentFaultPoint,
  type AgentOptions,
  type AgentState,
  createAgent,
  type Run,
  type Session,
  stop,
  systemPorts,
  type Tool,
  type ToolOutput,
  tool,
} from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import type { Model } from '@reprise/providers';
import type { Reply, Script, Workspace } from '@reprise/simulator';
import { z } from 'zod';
import { createWorld, type World } from './crashes.ts';

/** What the assistant says to one request; texts and tool calls by the names of tools. */
export type Answer = 'text' | 'pause' | 'cut-short' | 'refusal' | readonly Call[];

export type Call =
  | 'pure'
  | 'idempotent'
  | 'effect'
  | 'guarded'
  | 'failing'
  | 'endless'
  | 'long'
  | 'stopping'
  | 'nobody'
  | 'not-json';

/** What happens while a run is under way, at its n-th event or passage. */
export type Disturbance =
  | { readonly type: 'none' }
  | { readonly type: 'abort' | 'leave' | 'steer'; readonly atEvent: number }
  | { readonly type: 'crash'; readonly point: AgentFaultPoint; readonly passage: number };

export type Step =
  | { readonly type: 'send'; readonly answers: readonly Answer[]; readonly disturbance: Disturbance }
  | { readonly type: 'decide'; readonly isApproved: boolean }
  | { readonly type: 'rewind'; readonly back: number }
  | { readonly type: 'compact' };

/** What the tools have done, by the idempotency key of the call. */
interface EffectLog {
  readonly runs: ReadonlyMap<string, { readonly name: Call; readonly times: number }>;
  /** Executions of `guarded` that nobody had approved. */
  readonly unapproved: number;
}

export interface Talk {
  play(step: Step): Promise<void>;
  /** Brings the session to an answer, undisturbed. */
  finish(): Promise<void>;
  readonly store: CheckpointStore;
  readonly state: AgentState;
  readonly effects: EffectLog;
  /** Runs so far. */
  readonly runs: number;
  close(): Promise<void>;
}

export const SESSION_ID = 'talk';

/** More than fits, as the vendor sees it; see `fetchOrRefuse`. */
const LONG_RESULT = 'and another line of it\n'.repeat(120);
const MAX_TOOL_ROUNDS = 4;

/** The script of a workspace whose assistant says what the talk that uses it asks for. */
export function playedScript(): { readonly script: Script; answers: readonly Answer[] } {
  const played = { script, answers: [] as readonly Answer[] };
  function script({ messages }: Parameters<Script>[0]): Reply {
    const [next = 'text', ...rest] = played.answers;
    played.answers = rest;
    return replyOf(next, messages.length);
  }
  return played;
}

function replyOf(answer: Answer, messageCount: number): Reply {
  if (answer === 'text') return `I have seen ${messageCount} messages.`;
  if (answer === 'pause') return { text: 'Let me think.', stopReason: 'pause' };
  if (answer === 'cut-short') return { text: 'It is a long', stopReason: 'max-tokens' };
  if (answer === 'refusal') return { text: 'I would rather not.', stopReason: 'refusal' };
  return {
    text: 'I use tools.',
    toolCalls: answer.map((name, index) =>
      name === 'not-json' ? { name: 'pure', argumentsText: '{"n":' } : { name, arguments: { n: index } },
    ),
  };
}

/** A talk in a workspace. `model` makes the model with a `fetch` of the talk's own. */
export async function startTalk(
  played: ReturnType<typeof playedScript>,
  model: (fetch: typeof globalThis.fetch) => Model,
  options: Partial<AgentOptions> = {},
): Promise<Talk> {
  const world = createWorld();
  const effects = createEffects();
  let dieAt: Extract<Disturbance, { type: 'crash' }> | undefined;
  let runs = 0;
  let { store, session } = await openProcess();

  async function openProcess(): Promise<{ readonly store: CheckpointStore; readonly session: Session }> {
    const opened = world.open();
    let passages = 0;
    const onFaultPoint = (point: AgentFaultPoint) => {
      if (point !== dieAt?.point) return;
      passages += 1;
      // A closed store takes nothing any more: to everybody else the process is dead.
      if (passages === dieAt.passage) void opened.close();
    };
    const agent = createAgent({
      system: 'You are in a test.',
      ...options,
      model: model(fetchOrRefuse),
      tools: effects.tools,
      retry: false,
      maxToolRounds: MAX_TOOL_ROUNDS,
      onOverflow: 'truncate-last-results',
      ports: { ...systemPorts, onFaultPoint },
    });
    return { store: opened, session: await agent.openSession(opened, { id: SESSION_ID }) };
  }

  async function restart(dead: World): Promise<void> {
    dieAt = undefined;
    await store.close();
    dead.leaseTimePasses();
    ({ store, session } = await openProcess());
  }

  async function send(input: string | undefined, disturbance: Disturbance): Promise<void> {
    runs += 1;
    const stop = new AbortController();
    const steered: Promise<unknown>[] = [];
    dieAt = disturbance.type === 'crash' ? disturbance : undefined;
    const run = session.send(input, { signal: stop.signal });
    await listen(run, disturbance, () => {
      if (disturbance.type === 'abort') stop.abort();
      // Its own run, if the other one does not take it, is not this step's; it is aborted when that ends.
      const late = session.send('By the way.', { onBusy: 'steer', signal: stop.signal });
      if (disturbance.type === 'steer') steered.push(late.result().catch(() => {}));
    });
    stop.abort();
    await Promise.all(steered);
    if (dieAt) await restart(world);
  }

  return {
    get store() {
      return store;
    },
    get state() {
      return session.state;
    },
    effects,
    get runs() {
      return runs;
    },
    async play(step) {
      if (step.type === 'send') {
        played.answers = step.answers;
        await send('Go on.', step.disturbance);
      } else if (step.type === 'decide') {
        const open = await session.approvals();
        for (const { request, state } of open) {
          if (state === 'waiting') await session.decide(request.id, { isApproved: step.isApproved });
          if (state === 'waiting' && step.isApproved) effects.approve(`${request.turnId}/${request.position}`);
        }
        if (open.length > 0) await send(undefined, { type: 'none' });
      } else if (step.type === 'rewind') {
        const snapshots = await session.snapshots();
        const to = snapshots.at(-1 - step.back)?.id;
        if (to !== undefined) await session.rewind({ to, what: 'conversation' });
      } else {
        played.answers = [];
        await session.compact({ keepLast: 1 }).catch(ignoreNothingToDo);
      }
    },
    async finish() {
      played.answers = [];
      await send('Are you done?', { type: 'none' });
    },
    close: () => store.close(),
  };
}

/** Listens to the end, or until the run is disturbed by leaving it. */
async function listen(run: Run, disturbance: Disturbance, disturb: () => void): Promise<void> {
  let events = 0;
  const at = 'atEvent' in disturbance ? disturbance.atEvent : -1;
  for await (const _event of run) {
    if (events === at && disturbance.type === 'leave') return;
    if (events === at) disturb();
    events += 1;
  }
}

/** A compaction that has nothing to do, or whose model does not play along, is none of this test's business. */
function ignoreNothingToDo(error: unknown): void {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (typeof code !== 'string' || !/^(agent|provider)\//.test(code)) throw error;
}

interface Effects extends EffectLog {
  readonly tools: readonly Tool[];
  approve(idempotencyKey: string): void;
}

function createEffects(): Effects {
  const runs = new Map<string, { readonly name: Call; readonly times: number }>();
  const approved = new Set<string>();
  let unapproved = 0;
  const make = (name: Call, effect: 'pure' | 'idempotent' | 'effect', work: () => ToolOutput | Promise<ToolOutput>) =>
    tool({
      name,
      description: `Does something ${name}.`,
      input: z.object({ n: z.number() }),
      effect,
      timeoutMs: name === 'endless' ? 5 : 60_000,
      needsApproval: name === 'guarded',
      run: async (_input, { idempotencyKey }) => {
        runs.set(idempotencyKey, { name, times: (runs.get(idempotencyKey)?.times ?? 0) + 1 });
        if (name === 'guarded' && !approved.has(idempotencyKey)) unapproved += 1;
        return work();
      },
    });
  return {
    runs,
    get unapproved() {
      return unapproved;
    },
    approve: (idempotencyKey) => void approved.add(idempotencyKey),
    tools: [
      make('pure', 'pure', () => 'pure ran'),
      make('idempotent', 'idempotent', () => 'idempotent ran'),
      make('effect', 'effect', () => 'effect ran'),
      make('guarded', 'effect', () => 'guarded ran'),
      make('failing', 'effect', () => Promise.reject(new Error('It failed.'))),
      make('endless', 'effect', () => new Promise(() => {})),
      make('long', 'pure', () => LONG_RESULT),
      make('stopping', 'effect', () => stop('stopping ran')),
    ],
  };
}

/** Refuses what does not fit, as the vendor does, before it comes to the server. */
async function fetchOrRefuse(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  if (!String(init?.body).includes(JSON.stringify(LONG_RESULT).slice(1, -1))) return fetch(input, init);
  const message = 'prompt is too long: 210000 tokens > 200000 maximum';
  return Response.json({ type: 'error', error: { type: 'invalid_request_error', message } }, { status: 400 });
}

/** The requests that the strict server refused, beside those that a fault of the test struck. */
export function refusals({ requests }: Workspace): readonly string[] {
  return requests.filter(({ status }) => status === 400).map(({ bodyText }) => bodyText);
}
