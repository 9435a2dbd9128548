import { type AgentFaultPoint, type AgentOptions, createAgent, type SendOptions, systemPorts } from '@reprise/agent';
import { type CheckpointStore, createMemoryPlace, openMemoryStore } from '@reprise/checkpoint';

/** A place for sessions that outlives the "processes" of a test: each has a store of its own there. */
export interface World {
  /** A store for a process that starts now. */
  open(): CheckpointStore;
  /** Lets every lease run out. */
  leaseTimePasses(): void;
}

export function createWorld(): World {
  const place = createMemoryPlace();
  let passedMs = 0;
  return {
    open: () => openMemoryStore({ place, clock: () => Date.now() + passedMs }),
    leaseTimePasses() {
      passedMs += 3_600_000;
    },
  };
}

/**
 * Sends in a process that dies when the run passes that point for the n-th time: nothing it does after that reaches the store. Resolves
 * when the process has come to its end.
 */
export async function sendAndDie(
  world: World,
  options: AgentOptions,
  at: {
    readonly point: AgentFaultPoint;
    readonly passage?: number;
    readonly input?: string;
    readonly send?: SendOptions;
  },
): Promise<void> {
  const store = world.open();
  let passages = 0;
  const isDead = () => passages === (at.passage ?? 1);
  const onFaultPoint = (point: AgentFaultPoint) => {
    if (isDead()) throw new Error('The process is dead.');
    if (point !== at.point) return;
    passages += 1;
    if (isDead()) void store.close();
  };
  const agent = createAgent({ ...options, ports: { ...systemPorts, onFaultPoint } });
  const session = await agent.openSession(store, { id: 's' });
  await session
    .send(at.input ?? 'go', at.send)
    .result()
    .catch(() => {});
  if (passages < (at.passage ?? 1)) throw new Error(`The run passed ${at.point} ${passages} times.`);
  world.leaseTimePasses();
}
