import type { TurnRow } from '@reprise/checkpoint';
import {
  CACHE_LIFETIMES,
  type Count,
  parseExactJson,
  priceTurn,
  type TokenCounts,
  tokensFromAnthropic,
  tokensFromOllama,
  tokensFromOpenAIChat,
  tokensFromOpenAIResponses,
} from '@reprise/providers';
import { type LedgerRow, ledgerRow } from '../ledger.ts';
import { readRequestOptions } from '../replay/request-columns.ts';
import { findingAt, type LedgerFinding } from './finding.ts';

/** Whether a row's counts are those of its vendor's usage object, its cost is that of its counts, and its hashes are of one prefix. */
export function checkFigures(row: TurnRow): readonly LedgerFinding[] {
  const read = readRow(row);
  if ('finding' in read) return [read.finding];
  const { tokens } = read.row;
  const recounts = recount(row);
  return [
    ...(recounts.length > 0 && !recounts.some((counts) => isSame(counts, tokens))
      ? [findingAt(row, 'changed', `its counts are not those of its vendor's usage object, ${row.rawUsage}`)]
      : []),
    ...checkPrefix(row),
    ...checkCost(row, read.row),
  ];
}

function readRow(row: TurnRow): { readonly row: LedgerRow } | { readonly finding: LedgerFinding } {
  try {
    return { row: ledgerRow(row) };
  } catch (error) {
    return {
      finding: findingAt(row, 'changed', `it cannot be read: ${error instanceof Error ? error.message : error}`),
    };
  }
}

/** Vendors of OpenAI's formats whose usage object cannot be told from another's, and counts differently. A row does not name its host. */
const VENDORS: readonly (string | undefined)[] = [
  undefined,
  ...['openai', 'xai', 'deepseek', 'openrouter', 'google', 'moonshotai', 'mistral', 'zai', 'groq', 'vercel-gateway'],
  ...['azure', 'perplexity', 'ollama', 'llama.cpp', 'vllm', 'snowflake', 'litellm', 'anthropic'],
];

/** What the usage object counts, by every vendor that may have written it; none where no usage was kept, or nobody can read it. */
function recount({ family, rawUsage }: TurnRow): readonly TokenCounts[] {
  if (rawUsage === null) return [];
  const usage = parseExactJson(rawUsage);
  switch (family) {
    case 'anthropic':
      return [tokensFromAnthropic(usage)];
    case 'openai-chat':
      return VENDORS.map((vendor) => tokensFromOpenAIChat(usage, vendor === undefined ? {} : { vendor }));
    case 'openai-responses':
      return VENDORS.map((vendor) => tokensFromOpenAIResponses(usage, vendor === undefined ? {} : { vendor }));
    case 'ollama':
      return [tokensFromOllama(usage)];
    default:
      return [];
  }
}

function isSame(one: TokenCounts, other: TokenCounts): boolean {
  const countsOf = ({ fresh, cacheRead, cacheWrite, output, reasoning }: TokenCounts): readonly Count[] => [
    fresh,
    cacheRead,
    output,
    reasoning,
    ...CACHE_LIFETIMES.map((lifetime) => cacheWrite[lifetime]),
  ];
  const others = countsOf(other);
  return countsOf(one).every((count, index) => count === others[index]);
}

/** The last of the hashes that a row keeps of its blocks is the beginning of the hash of them all. */
function checkPrefix(row: TurnRow): readonly LedgerFinding[] {
  const last = readRequestOptions(row).addedHashes?.at(-1);
  if (last === undefined || row.prefixFingerprint.slice('sha256:'.length).startsWith(last)) return [];
  return [
    findingAt(
      row,
      'changed',
      `its prefix is ${row.prefixFingerprint}, and the last hash kept of its blocks is ${last}`,
    ),
  ];
}

function checkCost(
  row: TurnRow,
  { family, model, startedAt: at, tokens, billing = {} }: LedgerRow,
): readonly LedgerFinding[] {
  const { picoUsd } = priceTurn(tokens, { family, model, at, billing });
  if (row.costPicoUsd === null || row.costPicoUsd === picoUsd) return [];
  const now =
    picoUsd === undefined ? 'not known by the price list used here' : `${picoUsd} picoUsd by the price list used here`;
  return [findingAt(row, 'price-changed', `its cost was recorded as ${row.costPicoUsd} picoUsd, and is ${now}`)];
}
