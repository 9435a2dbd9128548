/**
 * The messages that a stored branch showed to its model.
 *
 * Owns: the reading of entries, as `@reprise/agent` writes them: messages, edits of the history, media by reference.
 *
 * E1. An entry that cannot be read, or a file that is gone, makes the requests behind it unknown, and nothing else.
 */

import type { BlobHash, CheckpointStore, Entry, EntryId } from '@reprise/checkpoint';
import { asArray, asObject, type Message, parseExactJson } from '@reprise/providers';

export interface StoredHistory {
  /**
   * What the model was shown when it gave the answer that is this entry; `undefined` where an entry before it cannot be read, or there is
   * no such entry. Messages without content are left out, as they are when sent.
   */
  messagesBefore(entryId: EntryId): readonly Message[] | undefined;
  /** Why the history was edited between two answers, such as `compaction`; `from` is `undefined` for the beginning. */
  editsBetween(from: EntryId | undefined, to: EntryId): readonly string[];
}

/** Reads all that the entries name. Rejects with what the store rejects with, but for files that are gone. */
export async function readHistory(
  store: Pick<CheckpointStore, 'readBlobs'>,
  entries: readonly Entry[],
): Promise<StoredHistory> {
  const facts = entries.map(readFact);
  const named = [...new Set(facts.flatMap((fact) => fact?.messages.flatMap(mediaHashes) ?? []))];
  const bytes = await readBytes(store, named);
  const places = new Map(entries.map(({ id }, index) => [id, index]));

  function messagesBefore(entryId: EntryId): readonly Message[] | undefined {
    let messages: readonly Fields[] = [];
    for (const fact of facts.slice(0, places.get(entryId) ?? 0)) {
      if (!fact) return undefined;
      const { edit } = fact;
      messages = edit ? messages.toSpliced(edit.from, edit.count, ...fact.messages) : [...messages, ...fact.messages];
    }
    const restored = messages.map((message) => mapMedia(message, (block) => restore(block, bytes)));
    // Stored messages are the vocabulary's: the agent wrote them, and the fingerprint of the request tells if they are not.
    return places.has(entryId)
      ? (restored.filter(({ content }) => asArray(content).length > 0) as unknown as readonly Message[])
      : undefined;
  }

  function editsBetween(from: EntryId | undefined, to: EntryId): readonly string[] {
    const start = from === undefined ? 0 : (places.get(from) ?? -1) + 1;
    return facts.slice(start, places.get(to) ?? 0).flatMap((fact) => fact?.edit?.reason ?? []);
  }

  return { messagesBefore, editsBetween };
}

/** The bytes of each blob that is there. */
export async function readBytes(
  store: Pick<CheckpointStore, 'readBlobs'>,
  hashes: readonly BlobHash[],
): Promise<ReadonlyMap<BlobHash, Uint8Array>> {
  if (hashes.length === 0) return new Map();
  try {
    return await store.readBlobs(hashes);
  } catch (error) {
    if (!isGone(error)) throw error;
    if (hashes.length === 1) return new Map();
    const found = await Promise.all(hashes.map((hash) => readBytes(store, [hash])));
    return new Map(found.flatMap((blobs) => [...blobs]));
  }
}

function isGone(error: unknown): boolean {
  return asObject(error)?.['code'] === 'checkpoint/blob-missing';
}

type Fields = Readonly<Record<string, unknown>>;

interface Fact {
  readonly messages: readonly Fields[];
  readonly edit?: { readonly from: number; readonly count: number; readonly reason: string };
}

/** What an entry tells of the history; `undefined` for a message or an edit that cannot be read. */
function readFact({ kind, payload }: Entry): Fact | undefined {
  const fields = asObject(parseExactJson(payload));
  if (kind === 'history-edit') return readEdit(asObject(fields?.['edit']));
  if (!kind.endsWith('-message')) return { messages: [] };
  const message = asObject(fields?.['message']);
  return message && { messages: [message] };
}

function readEdit(edit: Fields | undefined): Fact | undefined {
  const { from, count, reason, messages } = edit ?? {};
  if (typeof from !== 'number' || typeof count !== 'number') return undefined;
  const put = asArray(messages)
    .map(asObject)
    .filter((message) => message !== undefined);
  return { messages: put, edit: { from, count, reason: typeof reason === 'string' ? reason : 'edit' } };
}

function mediaHashes(message: Fields): readonly BlobHash[] {
  const hashes: BlobHash[] = [];
  mapMedia(message, (block) => {
    const hash = blobReference(block);
    if (hash !== undefined) hashes.push(hash);
    return block;
  });
  return hashes;
}

function restore(block: Fields, bytes: ReadonlyMap<BlobHash, Uint8Array>): Fields {
  const data = bytes.get(blobReference(block) ?? '');
  if (!data) return block;
  return { ...block, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') };
}

function blobReference(block: Fields): BlobHash | undefined {
  const hash = asObject(block['data'])?.['blob'];
  return typeof hash === 'string' ? hash : undefined;
}

/** The message with each image and document mapped, at any depth. */
function mapMedia(fields: Fields, map: (block: Fields) => Fields): Fields {
  if (!Array.isArray(fields['content'])) return fields;
  return { ...fields, content: asArray(fields['content']).map((block) => mapBlock(block, map)) };
}

function mapBlock(block: unknown, map: (block: Fields) => Fields): unknown {
  const fields = asObject(block);
  if (!fields) return block;
  if (fields['type'] === 'image' || fields['type'] === 'document') return map(fields);
  return fields['type'] === 'tool-result' ? mapMedia(fields, map) : block;
}
