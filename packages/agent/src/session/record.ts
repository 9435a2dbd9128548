/**
 * What a session is made of, as stored entries: messages, changes of the history, approvals.
 *
 * Owns: the kinds of entries, and the version of their payload.
 * Leaves to `stored-media.ts`: the files within. To the store: where entries live; it reads none of it.
 *
 * F1. Decoding what was encoded gives the same message, numbers too large for a double included.
 * F2. A payload that cannot be read is an error that names the entry; it is never skipped.
 * F3. Payloads of every released version are read; the last one is written.
 * F4. An edit of the history is a fact like any other: what it replaces stays stored, and entries before it decode as ever.
 */

import type { Blob, BlobHash, CheckpointStore, Entry, NewEntry } from '@reprise/checkpoint';
import { asObject, type JsonValue, type Message, parseExactJson, type ToolResultBlock } from '@reprise/providers';
import type { ApprovalLog, ApprovalRequest, DecidedApproval } from '../approval/approval.ts';
import { AgentError } from '../errors.ts';
import { editMessages, type HistoryEdit } from '../history-edit.ts';
import type { ToolOutcome } from '../recorder.ts';
import { type KeyedPlaces, placesAfterEdit } from './keyed-places.ts';
import { type MessageOrigin, originsAfterEdit } from './message-origins.ts';
import { type MessageFields, mediaHashes, restoreMedia, takeMedia } from './stored-media.ts';

/** Version 1 held media within the message, as base64. */
const PAYLOAD_VERSION = 2;
const READABLE_VERSIONS: readonly unknown[] = [1, PAYLOAD_VERSION];

const MESSAGE_KINDS = { user: 'user-message', assistant: 'assistant-message', tool: 'tool-message' } as const;

const APPROVAL_KINDS = { request: 'approval-request', decision: 'approval-decision' } as const;

/** The kinds of entries that a session ends with as long as tool calls wait for a decision, or for being carried out. */
export const APPROVAL_ENTRY_KINDS: readonly string[] = Object.values(APPROVAL_KINDS);

/** The kind of entry that changes what the model is shown; see `HistoryEdit`. */
export const EDIT_KIND = 'history-edit';

/** A fact as an entry, and the bytes that the entry names. */
export interface EncodedEntry {
  readonly entry: NewEntry;
  readonly blobs: readonly Blob[];
}

export function encodeMessage(message: Message): EncodedEntry {
  const { message: stored, blobs } = takeMedia({ ...message });
  return entryOf(MESSAGE_KINDS[message.role], { message: stored }, blobs);
}

/** A message with the key that it was sent with, which stands beside it: no vendor sees it. */
export function encodeKeyedMessage(message: Message, key: string): EncodedEntry {
  const { message: stored, blobs } = takeMedia({ ...message });
  return entryOf(MESSAGE_KINDS[message.role], { message: stored, key }, blobs);
}

export function encodeEdit({ messages, ...edit }: HistoryEdit): EncodedEntry {
  const taken = messages.map((message) => takeMedia({ ...message }));
  const blobs = taken.flatMap((each) => each.blobs);
  return entryOf(EDIT_KIND, { edit: { ...edit, messages: taken.map(({ message }) => message) } }, blobs);
}

export function encodeApprovalRequest(request: ApprovalRequest): EncodedEntry {
  return entryOf(APPROVAL_KINDS.request, { request }, []);
}

export function encodeApprovalDecision(decision: DecidedApproval): EncodedEntry {
  return entryOf(APPROVAL_KINDS.decision, { decision }, []);
}

function entryOf(kind: string, fields: MessageFields, blobs: readonly Blob[]): EncodedEntry {
  const entry = { kind, payload: JSON.stringify({ v: PAYLOAD_VERSION, ...fields }) };
  const named = [...new Map(blobs.map((blob) => [blob.hash, blob])).values()];
  return named.length === 0
    ? { entry, blobs }
    : { entry: { ...entry, blobs: named.map(({ hash }) => hash) }, blobs: named };
}

/** The entries of approvals that the branch ends with: of calls that have no results yet, since results would come after them. */
export function openApprovalEntries(entries: readonly Entry[]): readonly Entry[] {
  const last = entries.findLastIndex(({ kind }) => Object.values(MESSAGE_KINDS).some((known) => known === kind));
  return entries.slice(last + 1).filter(({ kind }) => Object.values(APPROVAL_KINDS).some((known) => known === kind));
}

/** What a branch's entries held. */
export interface DecodedHistory {
  /** What the model is shown: with every edit made. */
  readonly messages: readonly Message[];
  /** Where each of them comes from. */
  readonly origins: readonly MessageOrigin[];
  /** Of the messages that were sent with a key. */
  readonly keyedPlaces: KeyedPlaces;
  readonly approvals: ApprovalLog;
  /** The blobs that the entries name. */
  readonly blobs: readonly BlobHash[];
}

/** Reads all blobs at once. Rejects with `agent/unreadable-entry`, or what the store rejects with. */
export async function decodeHistory(
  store: Pick<CheckpointStore, 'readBlobs'>,
  entries: readonly Entry[],
): Promise<DecodedHistory> {
  const facts = entries.map((entry) => ({ entryId: entry.id, ...decodeEntry(entry) }));
  const blobs = [...new Set(facts.flatMap(({ messages = [] }) => messages.flatMap(mediaHashes)))];
  const dataOf = await readMedia(store, blobs);
  let history: Message[] = [];
  let origins: MessageOrigin[] = [];
  let keyedPlaces = new Map<string, number>();
  for (const { entryId, messages = [], edit, key } of facts) {
    // What an entry holds is what was encoded: the store has checked its hash, `decodeEntry` its version and shape.
    const restored = messages.map((fields) => restoreMedia(fields, dataOf) as unknown as Message);
    if (key !== undefined) keyedPlaces.set(key, history.length);
    if (edit) {
      const made = { ...edit, messages: restored };
      keyedPlaces = placesAfterEdit(keyedPlaces, history, made);
      origins = [...originsAfterEdit(origins, history, made, entryId)];
      history = [...editMessages(history, made)];
    } else {
      // In place: a copy for each entry would make a long session slow to open.
      origins.push(...restored.map(() => ({ entryId })));
      history.push(...restored);
    }
  }
  return {
    messages: history,
    origins,
    keyedPlaces,
    approvals: {
      requests: facts.flatMap(({ request }) => request ?? []),
      decisions: facts.flatMap(({ decision }) => decision ?? []),
    },
    blobs,
  };
}

/** A tool's outcome as the journal keeps it, media within. */
export function encodeOutcome({ result, isStop }: ToolOutcome): string {
  return JSON.stringify({ v: PAYLOAD_VERSION, result, ...(isStop ? { isStop } : {}) });
}

/** Throws `agent/unreadable-entry` for what `encodeOutcome` never wrote; `owner` names the call. */
export function decodeOutcome(outcome: string, owner: string): ToolOutcome {
  const { v, result, isStop } = asObject(parsePayload(outcome)) ?? {};
  if (v === PAYLOAD_VERSION && asObject(result)?.['type'] === 'tool-result') {
    return { result: result as ToolResultBlock, isStop: isStop === true };
  }
  throw unreadable(`The journal's outcome of ${owner}`, 'result');
}

/** One of these fields beside `messages`, or messages alone. */
interface Fact {
  readonly messages?: readonly MessageFields[];
  readonly edit?: Pick<HistoryEdit, 'reason' | 'from' | 'count'>;
  /** The key that a message was sent with. */
  readonly key?: string;
  readonly request?: ApprovalRequest;
  readonly decision?: DecidedApproval;
}

function decodeEntry(entry: Entry): Fact {
  const payload = asObject(parsePayload(entry.payload));
  const fact = payload && READABLE_VERSIONS.includes(payload['v']) ? readFact(entry.kind, payload) : undefined;
  if (!fact) throw unreadable(`Entry ${entry.id} of kind ${entry.kind}`, 'message');
  return fact;
}

/** What a payload of this kind holds; `undefined` for one that nobody wrote here. */
function readFact(kind: string, payload: MessageFields): Fact | undefined {
  switch (kind) {
    case EDIT_KIND:
      return readEdit(asObject(payload['edit']));
    case APPROVAL_KINDS.request: {
      const request = asObject(payload['request']);
      return typeof request?.['id'] === 'string' ? { request: request as unknown as ApprovalRequest } : undefined;
    }
    case APPROVAL_KINDS.decision: {
      const decision = asObject(payload['decision']);
      return typeof decision?.['id'] === 'string' ? { decision: decision as unknown as DecidedApproval } : undefined;
    }
    default: {
      const message = readMessage(payload['message']);
      const role = message?.['role'];
      if (!message || !isRole(role) || MESSAGE_KINDS[role] !== kind) return undefined;
      const key = payload['key'];
      return { messages: [message], ...(typeof key === 'string' ? { key } : {}) };
    }
  }
}

function readEdit(edit: MessageFields | undefined): Fact | undefined {
  const messages = Array.isArray(edit?.['messages']) ? edit['messages'].map(readMessage) : [undefined];
  const [from, count] = [edit?.['from'], edit?.['count']];
  const reason = edit?.['reason'] === 'overflow' ? 'overflow' : 'compaction';
  const isReadable = typeof from === 'number' && typeof count === 'number' && !messages.includes(undefined);
  return isReadable
    ? { edit: { reason, from, count }, messages: messages.filter((message) => message !== undefined) }
    : undefined;
}

function readMessage(value: unknown): MessageFields | undefined {
  const fields = asObject(value);
  return fields && isRole(fields['role']) && Array.isArray(fields['content']) ? fields : undefined;
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
  return typeof value === 'string' && value in MESSAGE_KINDS;
}
