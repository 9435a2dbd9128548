import { type CacheMark, type KnownTokenCounts, type PrefixBlock, prefixHashes } from '@reprise/providers';
import { type RecordedTurn, turnOfRow } from '../../src/index.ts';
import type { LedgerRow } from '../../src/ledger.ts';
import { ledgerRowOf } from './rows.ts';

/** When the first of these turns is sent. */
const START = Date.UTC(2026, 5, 1);

export interface GivenTurn extends Partial<Omit<RecordedTurn, 'marks' | 'prefix' | 'row'>> {
  readonly id?: string;
  readonly model?: string;
  readonly family?: string;
  /** Milliseconds after `START`. */
  readonly at?: number;
  readonly tokens: KnownTokenCounts;
  readonly blocks?: readonly PrefixBlock[];
  /** Indexes of blocks, or whole marks. */
  readonly marks?: readonly (CacheMark | number)[];
  readonly row?: Partial<LedgerRow>;
}

/** A turn whose request is known; its answer begins a second after it was sent. */
export function recordedTurn({
  id,
  model,
  family,
  at = 0,
  tokens,
  blocks,
  marks,
  row,
  ...given
}: GivenTurn): RecordedTurn {
  const startedAt = START + at;
  const own = ledgerRowOf(tokens, {
    id: id ?? `turn at ${at}`,
    startedAt,
    ...(model === undefined ? {} : { model }),
    ...(family === undefined ? {} : { family }),
    ...row,
  });
  return {
    ...turnOfRow(own),
    branch: 'one',
    visibleAt: startedAt + 1000,
    prefix: blocks && { blocks, hashes: prefixHashes(blocks) },
    blockCount: blocks?.length,
    marks: marks
      ?.map((mark) => (typeof mark === 'number' ? markOn(mark) : mark))
      .map((mark) => ({ path: '', reason: '', ...mark })),
    ...given,
  };
}

function markOn(blockIndex: number): CacheMark {
  return { blockIndex, lifetime: '5m' };
}

/** A block of four bytes a token, which a mark may stand on. */
export function block(role: PrefixBlock['role'], name: string, tokens = 100): PrefixBlock {
  const path = role === 'system' ? 'system[0]' : role === 'tool' ? `tools[${name}]` : `messages[${name}].content[0]`;
  const text = `{"type":"text","text":"${name} `;
  return {
    path,
    role,
    kind: 'text',
    text: `${text}${'x'.repeat(Math.max(0, 4 * tokens - text.length - 2))}"}`,
    markable: true,
  };
}
