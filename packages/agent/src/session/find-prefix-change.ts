import type { CheckpointStore, SessionId, TurnRow } from '@reprise/checkpoint';
import type { Model, ModelRequest } from '@reprise/providers';
import { keptReplacements, type Replacement, withOwner } from './attribution.ts';
import { changedSettings } from './changed-settings.ts';
import { askedModel, keptHashes } from './ledger-row.ts';
import {
  beginsWith,
  changeAt,
  firstChange,
  firstChangedBlock,
  isSameModel,
  modelChange,
  type PrefixChange,
  type SentPrefix,
  unknownChange,
} from './prefix-change.ts';
import { rebuildRequest } from './rebuild-request.ts';

/** What is needed of a turn to compare the next request with it. */
export type LastRequest = Omit<TurnRow, 'hash' | 'ordinal' | 'sessionId' | 'parentId'>;

/** The request that is about to be sent, and where the one before it is kept. */
export interface NextRequest {
  readonly model: Model;
  readonly request: ModelRequest;
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
  const change = beginsWith(next.prefix, last) ? changedSettings(last, next) : await changedBlock(last, next);
  return change && withOwner(change, next.replacedBy, () => keptReplacements(last));
}

async function changedBlock(last: LastRequest, next: NextRequest): Promise<PrefixChange> {
  const { model, store, sessionId } = next;
  const sent = await rebuildRequest(last, model, store, () => store.readEntries(sessionId));
  return sent ? firstChange(sent.blocks, next.prefix.blocks) : locate(next);
}

/** Where the histories part, by the hashes that the turns before have kept. */
async function locate({ store, sessionId, prefix }: NextRequest): Promise<PrefixChange> {
  const turns = await store.readTurns(sessionId);
  const sent = turns.map((turn) => ({ prefixBlocks: turn.prefixBlocks, added: keptHashes(turn) }));
  const index = firstChangedBlock(prefix, sent);
  return index === undefined ? unknownChange(prefix) : changeAt(prefix, index);
}
