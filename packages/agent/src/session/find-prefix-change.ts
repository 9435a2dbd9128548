import type { BlobHash, CheckpointStore, SessionId, TurnRow } from '@reprise/checkpoint';
import type { Model } from '@reprise/providers';
import { sendable } from '../context/build-request.ts';
import { keptReplacements, type Replacement, withOwner } from './attribution.ts';
import { askedModel, keptHashes, readRequest } from './ledger-row.ts';
import {
  beginsWith,
  changeAt,
  firstChange,
  firstChangedBlock,
  isSameModel,
  modelChange,
  type PrefixChange,
  type SentPrefix,
  sentPrefix,
  unknownChange,
} from './prefix-change.ts';
import { decodeHistory } from './record.ts';

/** What is needed of a turn to compare the next request with it. */
export type LastRequest = Omit<TurnRow, 'hash' | 'ordinal' | 'sessionId' | 'parentId'>;

/** The request that is about to be sent, and where the one before it is kept. */
export interface NextRequest {
  readonly model: Model;
  readonly prefix: SentPrefix;
  /** Who has replaced the request, if anybody. */
  readonly replacedBy: readonly Replacement[];
  readonly store: CheckpointStore;
  readonly sessionId: SessionId;
}

/**
 * How the next request differs from the last one of its branch; `undefined` if it only adds to it. A row of format 1 is not compared: it
 * does not say what its fingerprint is of. The store is read only where there is a difference to be found.
 */
export async function findPrefixChange(last: LastRequest, next: NextRequest): Promise<PrefixChange | undefined> {
  if (last.prefixBlocks === null) return undefined;
  const asked = askedModel(last);
  if (asked && !isSameModel(asked, next.model)) return modelChange(asked, next.model);
  if (beginsWith(next.prefix, last)) return undefined;
  const sent = await rebuild(last, next);
  const change = sent ? firstChange(sent.blocks, next.prefix.blocks) : await locate(next);
  return withOwner(change, next.replacedBy, () => keptReplacements(last));
}

/** What was sent, made again from what the store holds; `undefined` if that gives other bytes by now. */
async function rebuild(last: LastRequest, { model, store, sessionId }: NextRequest): Promise<SentPrefix | undefined> {
  try {
    const named = [last.systemHash, last.toolsHash].filter((hash) => hash !== null);
    const blobs = named.length === 0 ? new Map<BlobHash, Uint8Array>() : await store.readBlobs(named);
    const entries = await store.readEntries(sessionId);
    const answered = entries.slice(
      0,
      entries.findIndex(({ id }) => id === last.entryId),
    );
    const { messages } = await decodeHistory(store, answered);
    const sent = sentPrefix(model, { ...readRequest(last, blobs), messages: sendable(messages) });
    return sent.fingerprint === last.prefixFingerprint ? sent : undefined;
  } catch {
    // What cannot be read or encoded any more cannot be shown. That there is a change is known without it.
    return undefined;
  }
}

/** Where the histories part, by the hashes that the turns before have kept. */
async function locate({ store, sessionId, prefix }: NextRequest): Promise<PrefixChange> {
  const turns = await store.readTurns(sessionId);
  const sent = turns.map((turn) => ({ prefixBlocks: turn.prefixBlocks, added: keptHashes(turn) }));
  const index = firstChangedBlock(prefix, sent);
  return index === undefined ? unknownChange(prefix) : changeAt(prefix, index);
}
