/**
 * A look at everything a service stands on, before it is served or when it does not work.
 *
 * D1. Nothing is left behind, nobody is asked anything that costs, and the network is left alone unless told.
 * D2. Every look ends, whatever it looks at; one that fails keeps no other from being taken.
 */

import type { CheckpointStore } from '@reprise/checkpoint';
import { type Agents, namedAgents } from '../../agents.ts';
import type { RunQueue } from '../../queue/run-queue.ts';
import { type Check, check, type Look } from './check.ts';
import { lookAtClock, lookAtNode, type Machine, thisMachine } from './look-at-machine.ts';
import { lookAtModel, lookAtVendor } from './look-at-models.ts';
import { lookAtContent, lookAtLine, lookAtWriting, lookForDamage } from './look-at-store.ts';

export interface DoctorOptions {
  /** The store, or how to open it: then it is closed again. Absent: it is not looked at. */
  readonly store?: CheckpointStore | (() => CheckpointStore | Promise<CheckpointStore>);
  /** The line, or how to open it: then it is closed again. Absent: it is not looked at. */
  readonly queue?: RunQueue | ((store: CheckpointStore) => Promise<RunQueue>);
  readonly agents?: Agents;
  /** Models by name, as `resolveModel` takes them: is each known, and its key there? */
  readonly models?: readonly string[];
  /** Addresses of vendors to be reached. Default: none. */
  readonly reach?: readonly string[];
  /** How long damage is looked for, in milliseconds. Default 5000. */
  readonly damageMs?: number;
  /** How long any other look may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
  /** Default: this one. */
  readonly machine?: Machine;
}

export interface DoctorReport {
  readonly checks: readonly Check[];
  /** Whether nothing failed. */
  readonly isWell: boolean;
}

const DEFAULT_DAMAGE_MS = 5000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** Never rejects for what it looks at. */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  const { machine = thisMachine, models = [], reach = [], agents } = options;
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const looks = [
    lookAtNode(machine),
    lookAtClock(machine),
    ...(agents ? [lookAtAgents(agents)] : []),
    ...models.map(lookAtModel),
    ...reach.map(lookAtVendor),
  ];
  const checks = [...(await checkAll(looks, timeoutMs)), ...(await checkStore(options, machine))];
  return { checks, isWell: checks.every(({ state }) => state !== 'failed') };
}

async function checkStore(
  { store: given, queue, damageMs = DEFAULT_DAMAGE_MS, timeoutMs = DEFAULT_TIMEOUT_MS }: DoctorOptions,
  machine: Machine,
): Promise<readonly Check[]> {
  if (!given) return [{ name: 'store', state: 'skipped', found: 'there is none yet' }];
  const opened = await open('store', async () => (typeof given === 'function' ? given() : given), timeoutMs);
  if ('failed' in opened) return [opened.failed];
  const { value: store } = opened;
  try {
    const looks = [lookAtContent(store), lookAtWriting(store, machine)];
    return [
      ...(await checkAll(looks, timeoutMs)),
      await check(lookForDamage(store, damageMs), damageMs + timeoutMs),
      ...(queue ? await checkLine(store, queue, timeoutMs) : []),
    ];
  } finally {
    if (typeof given === 'function') await store.close();
  }
}

async function checkLine(
  store: CheckpointStore,
  given: NonNullable<DoctorOptions['queue']>,
  timeoutMs: number,
): Promise<readonly Check[]> {
  const opened = await open(
    'line of runs',
    async () => (typeof given === 'function' ? given(store) : given),
    timeoutMs,
  );
  if ('failed' in opened) return [opened.failed];
  try {
    return [await check(lookAtLine(opened.value), timeoutMs)];
  } finally {
    if (typeof given === 'function') await opened.value.close();
  }
}

/** Opening is a look of its own, which is told only if it fails. */
async function open<Value extends { close(): Promise<void> }>(
  name: string,
  make: () => Promise<Value>,
  timeoutMs: number,
): Promise<{ readonly value: Value } | { readonly failed: Check }> {
  const made = make();
  let value: Value | undefined;
  const opening = async () => {
    value = await made;
    return 'open';
  };
  const failed = await check(
    { name, advice: 'See that it is there, and that this process may use it.', look: opening },
    timeoutMs,
  );
  if (value && failed.state === 'ok') return { value };
  // What opens too late is closed.
  made.then((late) => late.close()).catch(() => {});
  return { failed };
}

function lookAtAgents(agents: Agents): Look {
  const look = () => [...namedAgents(agents).keys()].join(', ');
  return { name: 'agents', advice: 'Give the service an agent.', look };
}

async function checkAll(looks: readonly Look[], timeoutMs: number): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const look of looks) checks.push(await check(look, timeoutMs));
  return checks;
}
