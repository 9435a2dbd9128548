import type { Agent, Session } from '@reprise/agent';
import type { RunId, RunRecord, SessionRecord } from '@reprise/checkpoint';
import { clientSessionId } from '../wire/client-session.ts';
import { storedSessionId } from './caller.ts';
import { HttpProblem, runMissing, sessionMissing, snapshotMissing } from './http-problem.ts';
import { decodeMetadata } from './metadata.ts';
import type { HttpService } from './service.ts';

type Reads = Pick<HttpService, 'agents' | 'store'>;

/** The tenant's session of that id. Throws the same for one that is not there and for another tenant's. */
export async function requireSession(
  { store }: Pick<Reads, 'store'>,
  tenant: string,
  id: string,
): Promise<SessionRecord> {
  const record = await store.readSession(storedSessionId(tenant, id));
  if (!record) throw sessionMissing(id);
  return record;
}

/** The session's run of that id. Throws the same for one that is not there and for another session's. */
export async function requireRun(
  { store }: Pick<Reads, 'store'>,
  { id: sessionId }: Pick<SessionRecord, 'id'>,
  runId: RunId,
): Promise<RunRecord> {
  const run = await store.readRun(runId);
  if (run?.sessionId !== sessionId) throw runMissing(runId);
  return run;
}

/** The name of the agent that does the session's runs. */
export function agentName({ agents }: Pick<HttpService, 'agents'>, record: Pick<SessionRecord, 'metadata'>): string {
  return decodeMetadata(record).notes.agent ?? agents.keys().next().value ?? '';
}

/** The agent of that name. Throws for one that is not there. */
export function requireAgent({ agents }: Pick<HttpService, 'agents'>, name: string): Agent {
  const agent = agents.get(name);
  if (agent) return agent;
  const known = [...agents.keys()].join(', ');
  throw new HttpProblem({
    status: 422,
    code: 'service/unknown-agent',
    detail: `There is no agent '${name}'; there are: ${known}.`,
  });
}

/** Does something with a session that is there, and gives it up. What is stored can be read after its agent was renamed. */
export async function withSession<Result>(
  service: Reads,
  record: SessionRecord,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { agents, store } = service;
  const agent = agents.get(agentName(service, record)) ?? requireAgent(service, agents.keys().next().value ?? '');
  const session = await agent.openSession(store, { id: record.id, mustExist: true });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** Whether a snapshot is the session's to go back to: one that it made, or one of the branch it is on. Throws if not. */
export async function requireSnapshot(
  { store }: Pick<Reads, 'store'>,
  record: SessionRecord,
  snapshotId: string,
): Promise<void> {
  const snapshot = await store.readSnapshot(snapshotId);
  if (snapshot?.sessionId === record.id) return;
  // Only a fork has snapshots of others on its branch.
  const inherited = snapshot && record.forkedFrom ? await store.readSnapshots(record.id) : [];
  if (!inherited.some(({ id }) => id === snapshotId)) throw snapshotMissing(snapshotId);
}

/** The id that clients know a session by. */
export function shownId(record: Pick<SessionRecord, 'id'>): string {
  return clientSessionId(record.id);
}
