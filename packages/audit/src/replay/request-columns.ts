/**
 * What the texts of a stored ledger row say of its request.
 *
 * Owns: the reading of `requestOptions` and `marks`, as `@reprise/agent` writes them.
 * Leaves to `stored-history.ts`: the messages. To `recorded-turns.ts`: what a request was.
 *
 * C1. A text that nobody wrote here says nothing; it is no error, since a request that is not known can still be audited by its counts.
 */

import type { RequestColumns } from '@reprise/checkpoint';
import {
  asArray,
  asObject,
  type CacheDiagnostics,
  type CachePolicy,
  type Family,
  type ModelRequest,
  type PlannedMark,
  parseExactJson,
} from '@reprise/providers';

/** A model as it was asked, which is not always the name that its answer bears. */
export interface AskedModel {
  readonly family: Family;
  readonly model: string;
}

/** Who put another request in the place of the agent's. */
export interface Replacement {
  /** A hook's name. */
  readonly owner: string;
  /** The fields of the request that were no longer the same. */
  readonly fields: readonly string[];
}

/** What a row keeps of its request beside system prompt, tools and messages. */
export interface RequestOptions {
  /** `undefined` in rows that do not say: then the row's own columns are all that is known. */
  readonly asked: AskedModel | undefined;
  /** The settings of the request, as fields of a `ModelRequest`. */
  readonly settings: Omit<ModelRequest, 'messages' | 'system' | 'tools'>;
  readonly policy: CachePolicy | undefined;
  /** Ollama's, as it was sent. */
  readonly keepAlive: unknown;
  /** First digits of the hashes of the blocks that it added, or of all where it did not go on as the one before; `undefined` if not kept. */
  readonly addedHashes: readonly string[] | undefined;
  /** Who sent something with this request alone. */
  readonly injectedBy: readonly string[];
  readonly replacedBy: readonly Replacement[];
  /** The vendor's own verdict, where it was kept. */
  readonly diagnostics: CacheDiagnostics | undefined;
}

export function readRequestOptions({ requestOptions }: Pick<RequestColumns, 'requestOptions'>): RequestOptions {
  const {
    family,
    model,
    prefix,
    injected,
    replacedBy,
    diagnosed,
    warned: _warned,
    ...settings
  } = asObject(parseExactJson(requestOptions)) ?? {};
  return {
    asked: typeof family === 'string' && typeof model === 'string' ? { family, model } : undefined,
    settings,
    // What was sent was a policy: the planner had refused anything else.
    policy: settings['cache'] as CachePolicy | undefined,
    keepAlive: asObject(settings['vendorOptions'])?.['keep_alive'],
    addedHashes: Array.isArray(prefix) ? texts(prefix) : undefined,
    injectedBy: asArray(injected).flatMap((part) => texts([asObject(part)?.['owner']])),
    replacedBy: asArray(replacedBy).flatMap(readReplacement),
    diagnostics: readDiagnostics(diagnosed),
  };
}

/** The marks that were placed, in render order; `undefined` for a text that holds no list of marks. */
export function readMarks({ marks }: Pick<RequestColumns, 'marks'>): readonly PlannedMark[] | undefined {
  const list = parseExactJson(marks);
  const isMarks = Array.isArray(list) && list.every((mark) => typeof asObject(mark)?.['blockIndex'] === 'number');
  return isMarks ? (list as unknown as readonly PlannedMark[]) : undefined;
}

function readReplacement(kept: unknown): readonly Replacement[] {
  const { owner, fields } = asObject(kept) ?? {};
  return typeof owner === 'string' ? [{ owner, fields: texts(asArray(fields)) }] : [];
}

const VERDICTS: ReadonlySet<unknown> = new Set(['hit', 'miss', 'pending', 'not-found', 'unavailable']);

function readDiagnostics(kept: unknown): CacheDiagnostics | undefined {
  const fields = asObject(kept);
  return fields && VERDICTS.has(fields['verdict']) ? (fields as unknown as CacheDiagnostics) : undefined;
}

function texts(values: readonly unknown[]): readonly string[] {
  return values.filter((value) => typeof value === 'string');
}
