/**
 * The requests of a branch as its vendor's cache met them, made again from what the store holds.
 *
 * Owns: ledger rows and entries → requests.
 * Leaves to `ledger-row.ts`: what a row's texts mean. To `context/branch-cache.ts`: what a cache makes of them.
 *
 * Q1. A request is told only if it gives the fingerprint that was stored before it was sent; one that does not is left out.
 * Q2. Requests to another model are left out: they have left nothing in this one's cache.
 */

import type { CheckpointStore, SessionId, TurnRow } from '@reprise/checkpoint';
import {
  asArray,
  asObject,
  type Billing,
  billingFromUsage,
  type CacheMark,
  type Model,
  parseExactJson,
} from '@reprise/providers';
import { cacheSettings } from '../context/asked-request.ts';
import type { PriceTerms, SentRequest } from '../context/branch-cache.ts';
import { askedModel, readTokenColumns } from './ledger-row.ts';
import { beginsWith, isSameModel, type SentPrefix } from './prefix-change.ts';
import { rebuildRequest } from './rebuild-request.ts';

/** What was sent on a branch, oldest first, and on whose terms the last response was billed. */
export interface SentBranch {
  readonly requests: readonly SentRequest[];
  readonly terms: PriceTerms;
}

/** No cache that we know of keeps anything longer than half a day. */
const REMEMBERED_MS = 24 * 3_600_000;

/** The requests of the last day, as far as they can be made again. Rejects as the store does. */
export async function readBranch(
  store: Pick<CheckpointStore, 'readBlobs' | 'readEntries' | 'readTurns'>,
  sessionId: SessionId,
  { model, at }: { readonly model: Model; readonly at: number },
): Promise<SentBranch> {
  const [entries, rows] = await Promise.all([store.readEntries(sessionId), store.readTurns(sessionId)]);
  const asked = rows.filter((row) => isAsked(row, model) && row.startedAt > at - REMEMBERED_MS);
  const requests: SentRequest[] = [];
  let sent: SentPrefix | undefined;
  for (const row of asked.toReversed()) {
    // Rows of one conversation are beginnings of its last request, which is made once.
    if (!sent || !beginsWith(sent, row)) sent = (await rebuildRequest(row, model, store, async () => entries)) ?? sent;
    if (sent && beginsWith(sent, row)) requests.unshift(sentRequest(row, sent));
  }
  return { requests, terms: termsOf(asked.at(-1), model) };
}

function isAsked(row: TurnRow, model: Model): boolean {
  const asked = askedModel(row);
  return asked !== undefined && isSameModel(asked, model);
}

function sentRequest(row: TurnRow, { blocks, hashes }: SentPrefix): SentRequest {
  const count = row.prefixBlocks ?? 0;
  const options = asObject(parseExactJson(row.requestOptions)) ?? {};
  return {
    at: row.startedAt,
    blocks: blocks.slice(0, count),
    hashes: hashes.slice(0, count),
    marks: readMarks(row),
    ...cacheSettings(options),
    tokens: readTokenColumns(row.tokens),
    isWhole: asArray(options['injected']).length === 0 && row.serverTools === '{}',
  };
}

function readMarks({ marks }: TurnRow): readonly CacheMark[] {
  return asArray(JSON.parse(marks)) as readonly CacheMark[];
}

/** The terms of the last response are taken to stay, but for what it alone was charged. */
function termsOf(row: TurnRow | undefined, { family, id }: Model): PriceTerms {
  if (!row) return { family, model: id, billing: {} };
  const usage = row.rawUsage === null ? undefined : JSON.parse(row.rawUsage);
  const { speed, inferenceGeo } = billingFromUsage(row.family, usage);
  const billing: Billing = {
    ...(row.serviceTier === null ? {} : { serviceTier: row.serviceTier }),
    ...(speed === undefined ? {} : { speed }),
    ...(inferenceGeo === undefined ? {} : { inferenceGeo }),
  };
  return { family: row.family, model: row.model, billing };
}
