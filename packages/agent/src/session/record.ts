/**
 * Messages as stored entries.
 *
 * Owns: the kinds of entries, and the version of their payload.
 * Leaves to `stored-media.ts`: the files within. To the store: where entries live; it reads none of it.
 *
 * F1. Decoding what was encoded gives the same message, numbers too large for a double included.
 * F2. A payload that cannot be read is an error that names the entry; it is never skipped.
 * F3. Payloads of every released version are read; the last one is written.
 */

import type { Blob, BlobHash, CheckpointStore, Entry, NewEntry } from '@reprise/checkpoint';
import { asObject, type JsonValue, type Message, parseExactJson, type ToolResultBlock } from '@reprise/providers';
import { AgentError } from '../errors.ts';
import { type MessageFields, mediaHashes, restoreMedia, takeMedia } from './stored-media.ts';

/** Version 1 held media within the message, as base64. */
const PAYLOAD_VERSION = 2;
const READABLE_VERSIONS: readonly unknown[] = [1, PAYLOAD_VERSION];

const ENTRY_KINDS = { user: 'user-message', assistant: 'assistant-message', tool: 'tool-message' } as const;

/** A message as an entry, and the bytes that the entry names. */
export interface EncodedMessage {
  readonly entry: NewEntry;
  readonly blobs: readonly Blob[];
}

export function encodeMessage(message: Message): EncodedMessage {
  const { message: stored, blobs } = takeMedia({ ...message });
  const payload = JSON.stringify({ v: PAYLOAD_VERSION, message: stored });
  const entry = { kind: ENTRY_KINDS[message.role], payload };
  return blobs.length === 0 ? { entry, blobs } : { entry: { ...entry, blobs: blobs.map(({ hash }) => hash) }, blobs };
}

/** Messages as their entries held them, and the blobs that these name. */
export interface DecodedMessages {
  readonly messages: readonly Message[];
  readonly blobs: readonly BlobHash[];
}

/** Reads all blobs at once. Rejects with `agent/unreadable-entry`, or what the store rejects with. */
export async function decodeMessages(
  store: Pick<CheckpointStore, 'readBlobs'>,
  entries: readonly Entry[],
): Promise<DecodedMessages> {
  const stored = entries.map(decodeEntry);
  const blobs = [...new Set(stored.flatMap(mediaHashes))];
  const dataOf = await readMedia(store, blobs);
  // What an entry holds is what `encodeMessage` wrote: the store has checked its hash, `decodeEntry` its version and role.
  return { messages: stored.map((fields) => restoreMedia(fields, dataOf) as unknown as Message), blobs };
}

/** A tool's result as the journal keeps it, media within. */
export function encodeOutcome(result: ToolResultBlock): string {
  return JSON.stringify({ v: PAYLOAD_VERSION, result });
}

/** Throws `agent/unreadable-entry` for what `encodeOutcome` never wrote; `owner` names the call. */
export function decodeOutcome(outcome: string, owner: string): ToolResultBlock {
  const { v, result } = asObject(parsePayload(outcome)) ?? {};
  if (v === PAYLOAD_VERSION && asObject(result)?.['type'] === 'tool-result') return result as ToolResultBlock;
  throw unreadable(`The journal's outcome of ${owner}`, 'result');
}

function decodeEntry(entry: Entry): MessageFields {
  const { v, message } = asObject(parsePayload(entry.payload)) ?? {};
  const fields = asObject(message);
  const role = fields?.['role'];
  if (
    !fields ||
    !READABLE_VERSIONS.includes(v) ||
    !isRole(role) ||
    ENTRY_KINDS[role] !== entry.kind ||
    !Array.isArray(fields['content'])
  ) {
    throw unreadable(`Entry ${entry.id} of kind ${entry.kind}`, 'message');
  }
  return fields;
}

function unreadable(what: string, kind: string): AgentError {
  return new AgentError(
    'agent/unreadable-entry',
    `${what} holds no ${kind} this version can read; it may be damaged or written by a newer version.`,
  );
}

/** Where a number may stand that a double would change: one with a fraction, an exponent, sixteen digits or a lone minus. */
const MAY_LOSE_DIGITS = /[:,[]\s*-?(?:\d{16}|\d+[.eE])|[:,[]\s*-0/;

/** Parsing number by number takes several times as long, and is needed only where a double would change one. */
function parsePayload(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    const isExact = !MAY_LOSE_DIGITS.test(text) || JSON.stringify(value) === text;
    return isExact ? value : parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** The same file in several messages is one string. */
async function readMedia(
  store: Pick<CheckpointStore, 'readBlobs'>,
  hashes: readonly BlobHash[],
): Promise<(hash: BlobHash) => string> {
  const blobs = hashes.length === 0 ? new Map<BlobHash, Uint8Array>() : await store.readBlobs(hashes);
  const texts = new Map<BlobHash, string>();
  for (const [hash, { buffer, byteOffset, byteLength }] of blobs) {
    texts.set(hash, Buffer.from(buffer, byteOffset, byteLength).toString('base64'));
  }
  return (hash) => {
    const text = texts.get(hash);
    if (text === undefined) throw new AgentError('agent/unreadable-entry', `The store gave no bytes for blob ${hash}.`);
    return text;
  };
}

function isRole(value: unknown): value is Message['role'] {
  return typeof value === 'string' && value in ENTRY_KINDS;
}
