import {
  anthropicCacheParameters,
  anthropicPrefixBlocks,
  asArray,
  asObject,
  cacheRules,
  chatPrefixBlocks,
  type Family,
  NO_PARAMETERS,
  openaiCacheParameters,
  type PlannedMark,
  type PrefixBlock,
  responsesPrefixBlocks,
} from '@reprise/providers';
import type { LedgerRow } from '../../ledger.ts';

/** What a vendor's cache meets of a request body. Where OpenAI's marks stand is not read. */
export function requestContent(
  family: Family,
  model: string,
  body: unknown,
): Pick<LedgerRow, 'prefix' | 'parameters' | 'marks'> {
  switch (family) {
    case 'anthropic': {
      const prefix = anthropicPrefixBlocks(body);
      return { prefix, parameters: anthropicCacheParameters(body), marks: readMarks(body, prefix) };
    }
    case 'openai-responses':
      return { prefix: responsesPrefixBlocks(body), parameters: openaiCacheParameters(body) };
    default: {
      const prefix = chatPrefixBlocks(body, cacheRules(family, model));
      return { prefix, parameters: family === 'openai-chat' ? openaiCacheParameters(body) : NO_PARAMETERS };
    }
  }
}

function readMarks(body: unknown, prefix: readonly PrefixBlock[]): readonly PlannedMark[] {
  const marks = prefix.flatMap(({ path }, blockIndex) => markOf(blockAt(body, path), path, blockIndex));
  const flag = markOf(
    body,
    'cache_control',
    prefix.findLastIndex(({ markable }) => markable),
  );
  return [...marks, ...flag.map((mark): PlannedMark => ({ ...mark, isVendorPlaced: true }))];
}

/** The block of a body that a path such as `messages[3].content[0]` names; a text that stands for one carries no mark. */
function blockAt(body: unknown, path: string): unknown {
  const steps = path.match(/[^.[\]]+/g) ?? [];
  return steps.reduce<unknown>(
    (value, step) => (/^\d+$/.test(step) ? asArray(value)[Number(step)] : asObject(value)?.[step]),
    body,
  );
}

function markOf(block: unknown, path: string, blockIndex: number): readonly PlannedMark[] {
  const control = asObject(asObject(block)?.['cache_control']);
  if (!control || blockIndex === -1) return [];
  return [{ blockIndex, path, lifetime: control['ttl'] === '1h' ? '1h' : '5m', reason: 'as it was sent' }];
}
