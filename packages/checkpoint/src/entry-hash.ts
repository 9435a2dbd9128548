import { hash } from 'node:crypto';
import type { EntryId, NewEntry, SessionId } from './session.ts';

/**
 * The name of an entry: `sha256:` and the hex digest of the UTF-8 bytes of the JSON array `[parent, kind, payload]`.
 *
 * JSON quotes its strings, so no two triples share an encoding.
 */
export function hashEntry(parent: EntryId | null, entry: NewEntry): EntryId {
  const encoded = JSON.stringify([parent, entry.kind, entry.payload]);
  return `sha256:${hash('sha256', encoded, 'hex')}`;
}

/** The entry every chain of a session begins with. It names the session, so chains of unrelated sessions never meet. */
export function rootEntry(sessionId: SessionId): NewEntry {
  return { kind: 'session', payload: JSON.stringify({ session: sessionId }) };
}
