/**
 * The requests of stored turns, made again.
 *
 * Owns: which stored pieces a request is made of, and the proof that it is the one that was sent.
 * Leaves to `encode-stored.ts`: the wire. To `stored-history.ts`: the messages.
 *
 * M1. A request is told only if it gives the fingerprint that was stored before it was sent.
 * M2. A conversation that only grows is encoded once: requests that its last one begins with are the beginnings of that.
 */

import type { BlobHash, TurnRow } from '@reprise/checkpoint';
import { type Message, type Model, type ModelRequest, type PrefixBlock, prefixHashes } from '@reprise/providers';
import { type MediaBlocks, mediaBlocks } from './cache-parameters.ts';
import { type SilentModel, silentModelOf, silentModels } from './encode-stored.ts';
import type { AskedModel, RequestOptions } from './request-columns.ts';
import type { StoredHistory } from './stored-history.ts';

/** A row, and what it says of its request. */
export interface StoredTurn {
  readonly row: TurnRow;
  readonly options: RequestOptions;
}

interface SentPrefix {
  readonly blocks: readonly PrefixBlock[];
  /** Of the prefix that ends with each block. */
  readonly hashes: readonly string[];
}

/** What requests are made again from. */
interface Sources {
  readonly history: StoredHistory;
  readonly blobs: ReadonlyMap<BlobHash, Uint8Array>;
  readonly models: readonly Model[];
}

/** A request that was made again, of which others may be the beginning. */
interface Rebuilt extends SentPrefix {
  readonly media: MediaBlocks;
}

/** What is known of a request that was sent. */
export interface SentRequest {
  /** A request that begins with it. */
  readonly rebuilt: Rebuilt | undefined;
  /** The request's body without its messages. */
  readonly body: unknown;
}

/** The requests of these turns, oldest first; what cannot be made again is `undefined`. Works from the last one back (M2). */
export async function rebuildRequests(
  stored: readonly StoredTurn[],
  sources: Sources,
): Promise<readonly SentRequest[]> {
  const encode = createEncoder(sources);
  const sent: SentRequest[] = [];
  let newest: Rebuilt | undefined;
  for (const turn of stored.toReversed()) {
    if (!newest || !beginsWith(newest, turn.row)) newest = encode.request(turn) ?? newest;
    const rebuilt = newest && beginsWith(newest, turn.row) ? newest : undefined;
    sent.unshift({ rebuilt, body: rebuilt && (await encode.settings(turn)) });
  }
  return sent;
}

function beginsWith({ hashes }: SentPrefix, { prefixBlocks, prefixFingerprint }: TurnRow): boolean {
  // Rows of format 1 do not say how long their prefix is.
  return prefixBlocks !== null && prefixFingerprint === `sha256:${hashes[prefixBlocks - 1] ?? ''}`;
}

function createEncoder({ history, blobs, models: own }: Sources) {
  const modelsOf = new Map<string, readonly SilentModel[]>();
  const bodies = new Map<string, Promise<unknown>>();

  function candidates(asked: AskedModel): readonly SilentModel[] {
    const key = nameOf(asked);
    const known = modelsOf.get(key);
    if (known) return known;
    const mine = own.filter(({ family, id }) => family === asked.family && id === asked.model);
    const all = [...mine.map(silentModelOf), ...silentModels(asked)];
    modelsOf.set(key, all);
    return all;
  }

  function request(turn: StoredTurn): Rebuilt | undefined {
    const { row, options } = turn;
    const messages = history.messagesBefore(row.entryId);
    if (!options.asked || !messages || row.prefixBlocks === null) return undefined;
    const asked = requestOf(turn, blobs, messages);
    const models = asked ? candidates(options.asked) : [];
    for (const model of models) {
      const blocks = asked && blocksOf(model, asked);
      const hashes = blocks && prefixHashes(blocks);
      if (!blocks || !hashes || !beginsWith({ blocks, hashes }, row)) continue;
      // The next request was most likely sent by the same adapter.
      modelsOf.set(nameOf(options.asked), [model, ...models.filter((other) => other !== model)]);
      return { blocks, hashes, media: mediaBlocks(blocks) };
    }
    return undefined;
  }

  function settings(turn: StoredTurn): Promise<unknown> {
    const { row, options } = turn;
    const key = JSON.stringify([options.asked, options.settings, row.systemHash, row.toolsHash]);
    const asked = requestOf(turn, blobs, [{ role: 'user', content: [{ type: 'text', text: '.' }] }]);
    const [model] = options.asked ? candidates(options.asked) : [];
    const body = bodies.get(key) ?? (asked && model ? model.body(asked) : Promise.resolve(undefined));
    bodies.set(key, body);
    return body;
  }

  return { request, settings };
}

function nameOf({ family, model }: AskedModel): string {
  return `${family}/${model}`;
}

function blocksOf(model: SilentModel, request: ModelRequest): readonly PrefixBlock[] | undefined {
  try {
    return model.prefixBlocks(request);
  } catch {
    // What an adapter refuses by now is not known.
    return undefined;
  }
}

/** The request of a row with these messages; `undefined` where a blob that it names is gone. */
function requestOf(
  { row: { systemHash, toolsHash }, options }: StoredTurn,
  blobs: ReadonlyMap<BlobHash, Uint8Array>,
  messages: readonly Message[],
): ModelRequest | undefined {
  const [system, tools] = [systemHash, toolsHash].map((hash) => (hash === null ? '' : textOf(blobs.get(hash))));
  if (system === undefined || tools === undefined) return undefined;
  return {
    ...options.settings,
    ...(systemHash === null ? {} : { system }),
    ...(toolsHash === null ? {} : { tools: JSON.parse(tools) }),
    messages,
  };
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
