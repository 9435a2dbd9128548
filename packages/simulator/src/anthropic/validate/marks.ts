import { anthropicPrefixBlocks, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../../dialect.ts';
import { blockMarks, markLifetime, type WireMark } from '../marks.ts';

const MAX_MARKS = 4;

/** How many cache marks there may be, where they may stand, and in which order. */
export function refuseMarks(body: Readonly<Record<string, unknown>>): Refusal | undefined {
  const marks = blockMarks(body);
  const automatic = body['cache_control'] ?? undefined;
  const controls = automatic === undefined ? marks : [...marks, automaticMark(automatic)];
  for (const { path, kind, control } of controls) {
    const { type, ttl = '5m' } = asObject(control) ?? {};
    if (kind.includes('thinking')) return badRequest(`${path}.cache_control: Extra inputs are not permitted`);
    if (type !== 'ephemeral') return badRequest(`${path}.cache_control.type: Input should be 'ephemeral'`);
    if (ttl !== '5m' && ttl !== '1h') return badRequest(`${path}.cache_control.ttl: Input should be '5m' or '1h'`);
  }
  if (controls.length > MAX_MARKS) {
    return badRequest(`A maximum of ${MAX_MARKS} blocks with cache_control may be provided. Found ${controls.length}.`);
  }
  return refuseOrder(controls) ?? refuseTwoLifetimes(body, marks, automatic);
}

function automaticMark(control: unknown): WireMark {
  return { blockIndex: -1, path: 'request', kind: '', control };
}

function refuseOrder(controls: readonly WireMark[]): Refusal | undefined {
  const firstShort = controls.findIndex(({ control }) => markLifetime(control) === '5m');
  const lateLong = controls.find(
    ({ control }, index) => firstShort !== -1 && index > firstShort && markLifetime(control) === '1h',
  );
  if (!lateLong) return undefined;
  return badRequest(
    `${lateLong.path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control ` +
      'block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
  );
}

/** The automatic mark falls on the last block, which can be kept for one lifetime only. */
function refuseTwoLifetimes(body: unknown, marks: readonly WireMark[], automatic: unknown): Refusal | undefined {
  if (automatic === undefined) return undefined;
  const lastIndex = anthropicPrefixBlocks(body).findLastIndex((block) => block.markable);
  const own = marks.find(({ blockIndex }) => blockIndex === lastIndex);
  if (!own || markLifetime(own.control) === markLifetime(automatic)) return undefined;
  return badRequest(
    `${own.path}.cache_control.ttl: the last block has another ttl than the cache_control of the request.`,
  );
}
