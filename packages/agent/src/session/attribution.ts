/**
 * Whose a request is, where it is not the agent's own.
 *
 * Owns: what the ledger keeps of it, and who is named for a prefix that has changed.
 * Leaves to `hooks/`: who changes requests.
 *
 * B1. Nobody is named for a part of a request that he left as it was.
 */

import type { RequestColumns } from '@reprise/checkpoint';
import { asArray, asObject, parseExactJson } from '@reprise/providers';
import type { PrefixChange } from './prefix-change.ts';

export interface Attribution {
  /** What was sent with this request alone, as it was sent. */
  readonly injected: readonly InjectedPart[];
  /** Who put another request in its place, the last one last. */
  readonly replacedBy: readonly Replacement[];
}

interface InjectedPart {
  /** A hook's name, or `transientReminder`. */
  readonly owner: string;
  /** Of its blocks' JSON, tagged with the algorithm. */
  readonly hash: string;
  /** Of its texts. */
  readonly characters: number;
}

export interface Replacement {
  /** A hook's name. */
  readonly owner: string;
  /** The fields of the request that are not as they were before, sorted. */
  readonly fields: readonly string[];
}

/** A request that nobody has touched. */
export const UNTOUCHED: Attribution = { injected: [], replacedBy: [] };

/** As fields of a row's options; none of what there is not. */
export function attributionFields({ injected, replacedBy }: Attribution): Partial<Attribution> {
  return { ...(injected.length > 0 ? { injected } : {}), ...(replacedBy.length > 0 ? { replacedBy } : {}) };
}

/** Who replaced a row's request. */
export function keptReplacements({ requestOptions }: Pick<RequestColumns, 'requestOptions'>): readonly Replacement[] {
  return asArray(asObject(parseExactJson(requestOptions))?.['replacedBy']).flatMap((kept) => {
    const { owner, fields } = asObject(kept) ?? {};
    const names = asArray(fields).filter((field) => typeof field === 'string');
    return typeof owner === 'string' ? [{ owner, fields: names }] : [];
  });
}

/** The change, with the name of whoever replaced that part of the request, or had replaced that of the last one. */
export function withOwner(
  change: PrefixChange,
  now: readonly Replacement[],
  before: () => readonly Replacement[],
): PrefixChange {
  const owner = ownerOf(change, now);
  if (owner !== undefined) return named(change, owner, 'this request');
  const earlier = ownerOf(change, before());
  return earlier === undefined ? change : named(change, earlier, 'the last request');
}

function named(change: PrefixChange, owner: string, request: string): PrefixChange {
  const replaced = change.kind === 'parameter' ? change.path : `the ${change.part ?? 'prefix'}`;
  const message = `${change.message} Hook ${owner} has replaced ${replaced} of ${request}.`;
  return { ...change, owner, message };
}

function ownerOf({ part, kind, path }: PrefixChange, replacements: readonly Replacement[]): string | undefined {
  if (kind === 'model-changed') return undefined;
  const ofPart = part === undefined ? Object.values(FIELDS).flat() : FIELDS[part];
  const fields = kind === 'parameter' ? path.split(', ') : ofPart;
  return replacements.findLast((replacement) => replacement.fields.some((field) => fields.includes(field)))?.owner;
}

/** The fields of a request that each part of its prefix is made of. */
const FIELDS: Readonly<Record<NonNullable<PrefixChange['part']>, readonly string[]>> = {
  tools: ['search', 'tools', 'vendorOptions'],
  system: ['output', 'system', 'vendorOptions'],
  messages: ['messages'],
};
