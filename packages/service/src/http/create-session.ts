import type { SessionRecord, SnapshotId } from '@reprise/checkpoint';
import { hasCode } from '../errors.ts';
import { sessionPrefix, storedSessionId } from './caller.ts';
import { HttpProblem } from './http-problem.ts';
import type { Limits } from './limits.ts';
import { decodeMetadata, encodeMetadata, fingerprint } from './metadata.ts';
import type { Metadata } from './schemas/session.ts';
import type { HttpService } from './service.ts';
import { requireAgent, requireSession } from './sessions.ts';

export interface SessionAsked {
  readonly tenant: string;
  readonly id?: string | undefined;
  readonly agent?: string | undefined;
  readonly metadata?: Metadata | undefined;
  /** Where the session begins, as a fork. */
  readonly snapshotId?: SnapshotId;
  /** What the client names the request with, so that it can send it again. */
  readonly idempotencyKey?: string | undefined;
}

export interface CreatedSession {
  readonly record: SessionRecord;
  /** Whether this request made it, and no one before. */
  readonly isNew: boolean;
}

/** Throws an `HttpProblem`, and what the store rejects with. */
export async function createSession(service: HttpService, asked: SessionAsked): Promise<CreatedSession> {
  const { tenant, idempotencyKey, agent, metadata = {}, snapshotId } = asked;
  if (agent !== undefined) requireAgent(service, agent);
  const limits = await service.limitsOf(tenant);
  const request =
    idempotencyKey === undefined
      ? undefined
      : fingerprint('session', idempotencyKey, JSON.stringify([asked.id, agent, metadata, snapshotId]));
  const named = idempotencyKey === undefined ? undefined : fingerprint('session', tenant, idempotencyKey);
  const id = storedSessionId(tenant, asked.id ?? named ?? service.createId());
  const notes = { ...(agent === undefined ? {} : { agent }), ...(request === undefined ? {} : { request }) };
  const session = { id, createdAt: service.timers.clock(), metadata: encodeMetadata(metadata, notes, limits) };
  return service.inTurn(tenant, async () => {
    const known = request === undefined ? undefined : await service.store.readSession(id);
    if (known) return { record: sameRequest(known, request), isNew: false };
    await refuseAboveLimit(service, tenant, limits);
    try {
      const { store } = service;
      const record = await (snapshotId ? store.forkSession({ ...session, snapshotId }) : store.createSession(session));
      return { record, isNew: true };
    } catch (error) {
      // Another process was asked with the same key at the same time.
      const isKnown = request !== undefined && hasCode(error, 'checkpoint/session-exists');
      const other = isKnown ? await service.store.readSession(id) : undefined;
      if (!other) throw error;
      return { record: sameRequest(other, request), isNew: false };
    }
  });
}

function sameRequest(record: SessionRecord, request: string | undefined): SessionRecord {
  if (decodeMetadata(record).notes.request === request) return record;
  throw new HttpProblem({
    status: 422,
    code: 'service/idempotency-mismatch',
    detail: 'This Idempotency-Key was sent before with another request, or the session was made by another one.',
  });
}

async function refuseAboveLimit({ store }: HttpService, tenant: string, { maxSessions }: Limits): Promise<void> {
  const count = await store.countSessions({ prefix: sessionPrefix(tenant) });
  if (count < maxSessions) return;
  const detail = `There are ${count} sessions, and ${maxSessions} are the most; delete some.`;
  throw new HttpProblem({ status: 429, code: 'service/too-many-sessions', detail, headers: { 'Retry-After': '3600' } });
}

/** The tenant's session of that id; if it is not there and may be made, a new one. Throws as the others do. */
export async function findOrCreateSession(
  service: HttpService,
  tenant: string,
  { id, isCreated }: { readonly id: string; readonly isCreated: boolean },
): Promise<SessionRecord> {
  try {
    return await requireSession(service, tenant, id);
  } catch (error) {
    if (!isCreated || !(error instanceof HttpProblem)) throw error;
  }
  try {
    return (await createSession(service, { tenant, id })).record;
  } catch (error) {
    // Somebody else was faster; what was deleted for good is missing still.
    if (error instanceof HttpProblem) throw error;
    return requireSession(service, tenant, id);
  }
}
