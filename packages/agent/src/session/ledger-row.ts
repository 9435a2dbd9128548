/**
 * Model calls as ledger rows.
 *
 * Owns: what each column's text means.
 * Leaves to `prefix-change.ts`: what becomes of the fingerprint. To the store: where rows live; it reads none of their texts.
 *
 * A row's request can be made again from it and the entries before it: its system prompt and tools are blobs, the rest is in its options.
 */

import {
  type Blob,
  type BlobHash,
  hashBlob,
  type NewTurn,
  type RequestColumns,
  type TokenColumns,
} from '@reprise/checkpoint';
import {
  type AssistantTurn,
  asObject,
  type Count,
  type JsonValue,
  type Model,
  type ModelRequest,
  maskJson,
  parseExactJson,
  type TokenCounts,
  tokenCounts,
} from '@reprise/providers';
import type { CountedRequest } from '../context/estimate-request.ts';
import { priceResponse } from '../usage/price-response.ts';
import { type Attribution, attributionFields } from './attribution.ts';
import { addedHashes, type SentPrefix, type StoredPrefix } from './prefix-change.ts';
import type { ToldWarnings } from './told-warnings.ts';

/** A request as the ledger keeps it, and the bytes that its columns name. */
export interface RecordedRequest {
  readonly columns: Omit<RequestColumns, 'startedAt'>;
  readonly blobs: readonly Blob[];
}

/** A request, and what of it is not the agent's own. */
interface AttributedRequest {
  readonly request: ModelRequest;
  readonly attribution: Attribution;
}

/** What a model is about to be asked. `prefix` is the request's own, `last` that of the turn before it. */
export function recordRequest(
  model: Model,
  { request, attribution }: AttributedRequest,
  prefix: SentPrefix,
  last: StoredPrefix | undefined,
): RecordedRequest {
  const system = textBlob(request.system);
  const tools = textBlob(request.tools && JSON.stringify(request.tools));
  return {
    columns: {
      family: model.family,
      model: model.id,
      prefixFingerprint: prefix.fingerprint,
      prefixBlocks: prefix.blocks.length,
      systemHash: system?.hash ?? null,
      toolsHash: tools?.hash ?? null,
      requestOptions: encodeOptions(model, request, {
        prefix: addedHashes(prefix, last),
        ...attributionFields(attribution),
      }),
      marks: JSON.stringify(model.planMarks(request, prefix.blocks)),
    },
    blobs: [system, tools].filter((blob) => blob !== undefined),
  };
}

/** The request of a row, but for its messages. `blobs` holds what the row names. Throws for texts that nobody wrote here. */
export function readRequest(
  row: RequestColumns,
  blobs: ReadonlyMap<BlobHash, Uint8Array>,
): Omit<ModelRequest, 'messages'> {
  const system = blobText(row.systemHash, blobs);
  const tools = blobText(row.toolsHash, blobs);
  return {
    ...keptSettings(row),
    ...(system === undefined ? {} : { system }),
    ...(tools === undefined ? {} : { tools: JSON.parse(tools) }),
  };
}

/** What a row's request asked beside system prompt, tools and messages. */
export function keptSettings({
  requestOptions,
}: Pick<RequestColumns, 'requestOptions'>): Readonly<Record<string, unknown>> {
  const {
    family: _family,
    model: _model,
    prefix: _prefix,
    injected: _injected,
    replacedBy: _replacedBy,
    diagnosed: _diagnosed,
    warned: _warned,
    ...settings
  } = asObject(parseExactJson(requestOptions)) ?? {};
  return settings;
}

/** The same of a request, as its row will have it. */
export function settingsOf(request: ModelRequest): Readonly<Record<string, unknown>> {
  const { system: _system, tools: _tools, messages: _messages, ...settings } = request;
  return asObject(masked(settings)) ?? {};
}

/** The model that a row's request was sent to. The row's own columns name the one that answered, in the vendor's words. */
export function askedModel({ requestOptions }: RequestColumns): Pick<Model, 'family' | 'id'> | undefined {
  const { family, model } = asObject(parseExactJson(requestOptions)) ?? {};
  return typeof family === 'string' && typeof model === 'string' ? { family, id: model } : undefined;
}

/** A row as estimates of the next request build on it; `undefined` where the row does not say what was asked. */
export function countedRequest(
  row: Pick<NewTurn, keyof RequestColumns | 'tokens' | 'usageState'>,
): CountedRequest | undefined {
  const asked = askedModel(row);
  if (!asked) return undefined;
  const { prefixFingerprint, prefixBlocks, startedAt, usageState } = row;
  // Half a report would be taken for the whole.
  const tokens = usageState === 'final' ? readTokenColumns(row.tokens) : tokenCounts();
  return { ...asked, prefixFingerprint, prefixBlocks, startedAt, tokens };
}

/** The hashes of the blocks that a row's request added to the one before it; see `addedHashes`. */
export function keptHashes({ requestOptions }: RequestColumns): readonly string[] | undefined {
  const hashes = asObject(parseExactJson(requestOptions))?.['prefix'];
  return Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === 'string') : undefined;
}

/** The ledger row of a response: what it was asked, what it used, and what that cost at the time; `told` is what its listeners were. */
export function ledgerRow(
  id: string,
  asked: Omit<RequestColumns, 'startedAt'>,
  turn: AssistantTurn,
  told: ToldWarnings['fields'],
): NewTurn {
  const { tokens, family, model, rawUsage, timing } = turn;
  const { billing, price } = priceResponse(turn);
  return {
    ...asked,
    requestOptions: withFindings(asked.requestOptions, turn, told),
    id,
    responseId: turn.responseId ?? null,
    family,
    model,
    startedAt: timing.startedAt,
    firstTokenMs: timing.firstTokenMs ?? null,
    durationMs: timing.durationMs,
    stopReason: turn.stopReason,
    usageState: turn.usageState,
    tokens: tokenColumns(tokens),
    serverTools: JSON.stringify(tokens.serverTools),
    rawUsage: rawUsage === null || rawUsage === undefined ? null : JSON.stringify(rawUsage),
    serviceTier: billing.serviceTier ?? null,
    costPicoUsd: price.picoUsd ?? null,
  };
}

/** The vendor's own verdict on how the request met its cache, and what was warned of, stand beside what was asked. */
function withFindings(requestOptions: string, { diagnostics }: AssistantTurn, told: ToldWarnings['fields']): string {
  if (!diagnostics && !told.warned) return requestOptions;
  const findings = { ...(diagnostics ? { diagnosed: diagnostics } : {}), ...told };
  const fields = Object.entries({ ...asObject(parseExactJson(requestOptions)), ...findings });
  return JSON.stringify(Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

/** Everything that is asked beside the prefix, in an order of its own, with credentials masked. */
function encodeOptions(
  { family, id }: Model,
  { system: _system, tools: _tools, messages: _messages, ...options }: ModelRequest,
  told: Partial<Attribution> & { readonly prefix: readonly string[] | undefined },
): string {
  const fields = Object.entries({ ...options, ...told, family, model: id });
  return JSON.stringify(masked(Object.fromEntries(fields.toSorted(([a], [b]) => (a < b ? -1 : 1)))));
}

/** The fields that are there, with credentials masked. */
function masked(fields: object): JsonValue {
  const told = Object.entries(fields).filter(([, value]) => value !== undefined);
  // Settings of a request are JSON, though their types do not say it of each.
  return maskJson(Object.fromEntries(told) as JsonValue, []);
}

function textBlob(text: string | undefined): Blob | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'utf8');
  return { hash: hashBlob(bytes), bytes };
}

function blobText(hash: BlobHash | null, blobs: ReadonlyMap<BlobHash, Uint8Array>): string | undefined {
  return hash === null ? undefined : new TextDecoder('utf-8', { ignoreBOM: true }).decode(blobs.get(hash));
}

function tokenColumns({ fresh, cacheRead, cacheWrite, output, reasoning }: TokenCounts): TokenColumns {
  return {
    fresh: column(fresh),
    cacheRead: column(cacheRead),
    cacheWrite5m: column(cacheWrite['5m']),
    cacheWrite1h: column(cacheWrite['1h']),
    cacheWrite30m: column(cacheWrite['30m']),
    cacheWrite12h: column(cacheWrite['12h']),
    cacheWriteUnknown: column(cacheWrite.unknown),
    output: column(output),
    reasoning: column(reasoning),
  };
}

/** The counts of a row, but for the vendor's own tools. */
export function readTokenColumns(columns: TokenColumns): TokenCounts {
  const { fresh, cacheRead, output, reasoning } = columns;
  return {
    fresh: countOf(fresh),
    cacheRead: countOf(cacheRead),
    cacheWrite: {
      '5m': countOf(columns.cacheWrite5m),
      '1h': countOf(columns.cacheWrite1h),
      '30m': countOf(columns.cacheWrite30m),
      '12h': countOf(columns.cacheWrite12h),
      unknown: countOf(columns.cacheWriteUnknown),
    },
    output: countOf(output),
    reasoning: countOf(reasoning),
    serverTools: {},
  };
}

function countOf(column: number | null): Count {
  return column ?? 'not-reported';
}

function column(count: Count): number | null {
  return count === 'not-reported' ? null : count;
}
