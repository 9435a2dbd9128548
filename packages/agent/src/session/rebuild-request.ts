import type { BlobHash, CheckpointStore, Entry, EntryId, RequestColumns } from '@reprise/checkpoint';
import type { Model } from '@reprise/providers';
import { sendable } from '../context/build-request.ts';
import { readRequest } from './ledger-row.ts';
import { type SentPrefix, sentPrefix } from './prefix-change.ts';
import { decodeHistory } from './record.ts';

/** The request of a row, made again from what the store holds; `undefined` if that gives other bytes by now, or cannot be read any more. */
export async function rebuildRequest(
  row: RequestColumns & { readonly entryId: EntryId },
  model: Model,
  store: Pick<CheckpointStore, 'readBlobs'>,
  readEntries: () => Promise<readonly Entry[]>,
): Promise<SentPrefix | undefined> {
  try {
    const named = [row.systemHash, row.toolsHash].filter((hash) => hash !== null);
    const blobs = named.length === 0 ? new Map<BlobHash, Uint8Array>() : await store.readBlobs(named);
    const entries = await readEntries();
    const before = entries.slice(
      0,
      entries.findIndex(({ id }) => id === row.entryId),
    );
    const { messages } = await decodeHistory(store, before);
    const sent = sentPrefix(model, { ...readRequest(row, blobs), messages: sendable(messages) });
    return sent.fingerprint === row.prefixFingerprint ? sent : undefined;
  } catch {
    // What cannot be read or encoded any more can neither be shown nor tell of the cache; that it is so is known without it.
    return undefined;
  }
}
