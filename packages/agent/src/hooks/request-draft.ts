/**
 * What hooks have made of a request. Pure.
 *
 * Q1. What is injected stands behind everything else, in one message that is sent with this request alone.
 * Q2. Behind the model's own words nothing is injected: it goes on from them.
 * Q3. Each part of a request that is not the agent's own has an owner.
 */

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type ModelRequest, transientMessages, type UserBlock, withoutTransient } from '@reprise/providers';
import type { Attribution, Replacement } from '../session/attribution.ts';
import type { RequestVerdict } from './hook.ts';

export interface RequestDraft {
  /** The request without what was injected. */
  readonly stable: ModelRequest;
  readonly injections: readonly Injection[];
  readonly replacedBy: readonly Replacement[];
}

interface Injection {
  readonly owner: string;
  readonly blocks: readonly UserBlock[];
}

export function draftOf(request: ModelRequest): RequestDraft {
  return { stable: request, injections: [], replacedBy: [] };
}

/** The draft after a hook's verdict. */
export function applyVerdict(
  draft: RequestDraft,
  owner: string,
  verdict: Exclude<RequestVerdict, { readonly stop: string }>,
): RequestDraft {
  return 'replace' in verdict
    ? replaceRequest(draft, owner, verdict.replace)
    : inject(draft, { owner, blocks: blocksOf(verdict.inject) });
}

/** The request to send. */
export function requestOf({ stable, injections }: RequestDraft): ModelRequest {
  const content = injections.flatMap(({ blocks }) => blocks);
  if (content.length === 0) return stable;
  return { ...stable, messages: [...stable.messages, { role: 'user', transient: true, content }] };
}

/** What of the request is whose. */
export function attributionOf({ injections, replacedBy }: RequestDraft): Attribution {
  const injected = injections.map(({ owner, blocks }) => ({
    owner,
    hash: `sha256:${createHash('sha256').update(JSON.stringify(blocks)).digest('hex')}`,
    characters: blocks.reduce((sum, block) => sum + (block.type === 'text' ? block.text.length : 0), 0),
  }));
  return { injected, replacedBy };
}

function inject(draft: RequestDraft, injection: Injection): RequestDraft {
  const goesOn = draft.stable.messages.at(-1)?.role === 'assistant';
  if (goesOn || injection.blocks.length === 0) return draft;
  return { ...draft, injections: [...draft.injections, injection] };
}

/** Vendors refuse an empty text. */
function blocksOf(injected: string | readonly UserBlock[]): readonly UserBlock[] {
  const blocks: readonly UserBlock[] = typeof injected === 'string' ? [{ type: 'text', text: injected }] : injected;
  return blocks.filter((block) => block.type !== 'text' || block.text.trim() !== '');
}

/** What others have injected stays theirs, if the hook has left it as it was. */
function replaceRequest(draft: RequestDraft, owner: string, next: ModelRequest): RequestDraft {
  const stable = withoutTransient(next);
  const blocks = transientMessages(next).flatMap(({ content }) => content);
  const known = draft.injections.flatMap((injection) => injection.blocks);
  const replaced: RequestDraft = {
    stable,
    injections: isDeepStrictEqual(blocks, known) ? draft.injections : [],
    replacedBy: [...draft.replacedBy, { owner, fields: changedFields(draft.stable, stable) }],
  };
  return replaced.injections.length > 0 || blocks.length === 0 ? replaced : inject(replaced, { owner, blocks });
}

function changedFields(before: ModelRequest, after: ModelRequest): readonly string[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.filter((name) => !isDeepStrictEqual(old.get(name), now.get(name)));
}
