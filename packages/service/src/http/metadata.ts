import { createHash } from 'node:crypto';
import type { SessionRecord } from '@reprise/checkpoint';
import { asObject, type JsonValue } from '@reprise/providers';
import { HttpProblem } from './http-problem.ts';
import type { Limits } from './limits.ts';
import { type Metadata, OWN_FIELDS } from './schemas/session.ts';

/** What the service itself notes of a session, beside the application's own words. */
export interface OwnNotes {
  /** The agent that does its runs; absent for the service's first. */
  readonly agent?: string;
  /** A fingerprint of the request that made it, where that had an idempotency key. */
  readonly request?: string;
}

/** The application's words and the service's notes, as the store keeps them. Throws an `HttpProblem` for more than the limit. */
export function encodeMetadata(metadata: Metadata, notes: OwnNotes, { maxMetadataChars }: Limits): string {
  const theirs = JSON.stringify(metadata);
  if (theirs.length > maxMetadataChars) {
    throw new HttpProblem({
      status: 413,
      code: 'service/body-too-large',
      detail: `The metadata has ${theirs.length} characters as JSON; at most ${maxMetadataChars} are kept.`,
    });
  }
  const ours = Object.entries(notes).map(([name, value]) => [`${OWN_FIELDS}${name}`, value] as const);
  return ours.length === 0 ? theirs : JSON.stringify({ ...metadata, ...Object.fromEntries(ours) });
}

export function decodeMetadata({ metadata }: Pick<SessionRecord, 'metadata'>): {
  readonly metadata: Metadata;
  readonly notes: OwnNotes;
} {
  const fields = Object.entries(parseFields(metadata));
  const note = (name: keyof OwnNotes) => {
    const value = fields.find(([field]) => field === `${OWN_FIELDS}${name}`)?.[1];
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return {
    metadata: Object.fromEntries(fields.filter(([field]) => !field.startsWith(OWN_FIELDS))),
    notes: { ...note('agent'), ...note('request') },
  };
}

/** What tells one request from another. */
export function fingerprint(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

/** No field where somebody else has written something that is no object. */
function parseFields(text: string): Readonly<Record<string, JsonValue>> {
  try {
    const value: JsonValue = JSON.parse(text);
    return (asObject(value) ?? {}) as Readonly<Record<string, JsonValue>>;
  } catch {
    return {};
  }
}
