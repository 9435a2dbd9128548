import { asArray, asObject, type CacheRules, cacheHashes, cacheRules, type PrefixBlock } from '@reprise/providers';
import { type IndexEntry, listRecordings, readRecording } from '../../../providers/test/support/corpus.ts';
import type { CacheMarks } from '../../src/dialect.ts';
import { ROUTES } from '../../src/routes.ts';
import { textTokens } from '../../src/tokenize.ts';

/** One request of a recorded conversation, as its vendor's cache saw it, and what the vendor counted. */
export interface RecordedRequest {
  readonly id: string;
  readonly vendor: string;
  readonly rules: CacheRules;
  readonly blocks: readonly PrefixBlock[];
  readonly hashes: readonly string[];
  readonly marks: CacheMarks;
  /** Sizes of the blocks by our own tokenizer. */
  readonly estimates: readonly number[];
  /** All prompt tokens; `undefined` where the response does not settle them. */
  readonly prompt: number | undefined;
  readonly read: number;
  readonly written: number;
  readonly output: number;
  /** The vendor asked its model more than once, so that the counts are those of several prompts. */
  readonly ranServerTools: boolean;
}

/** The conversations of the corpus whose requests grow, in the formats that our models speak. */
export function recordedConversations(): readonly (readonly RecordedRequest[])[] {
  const groups = new Map<string, { readonly position: number; readonly entry: IndexEntry }[]>();
  for (const entry of listRecordings()) {
    const { id, kind, position } = groupOf(entry);
    if (kind !== 'growing-history' || id === undefined || wireFamily(entry) === undefined) continue;
    groups.set(id, [...(groups.get(id) ?? []), { position, entry }]);
  }
  return [...groups.values()].map((steps) =>
    steps.toSorted((a, b) => a.position - b.position).map(({ entry }) => readRequest(entry)),
  );
}

function groupOf(entry: object) {
  const group = 'group' in entry ? (asObject(entry.group) ?? {}) : {};
  const { id, kind, position } = group;
  return { id: typeof id === 'string' ? id : undefined, kind, position: Number(position) };
}

function wireFamily({ family }: IndexEntry): string | undefined {
  if (family === 'bedrock-anthropic') return 'anthropic';
  return ROUTES.some(({ dialect }) => dialect.family === family) ? family : undefined;
}

function readRequest(entry: IndexEntry): RecordedRequest {
  const { id, vendor, model, request: body, expected, features } = readRecording(entry);
  const route = ROUTES.find(({ dialect }) => dialect.family === wireFamily(entry));
  if (!route) throw new Error(`${id} is of a format without a dialect.`);
  const { dialect } = route;
  const takesAnthropicMarks = dialect.family === 'openai-chat' && /^anthropic\//.test(model);
  const rules = cacheRules(dialect.family, model, {
    host: vendor,
    ...(takesAnthropicMarks ? { dialect: 'anthropic' as const } : {}),
  });
  const blocks = dialect.prefixBlocks(body);
  const { inputTokensUncached: fresh, cacheReadTokens: read, cacheWriteTokens: written, ambiguous = [] } = expected;
  return {
    id,
    vendor,
    rules,
    blocks,
    hashes: cacheHashes(blocks, dialect.parameters(body)),
    marks: takesAnthropicMarks ? chatMarks(body, blocks) : dialect.marks(body),
    estimates: blocks.map(({ text }) => estimatedTokens(text)),
    prompt: fresh === null || ambiguous.length > 0 ? undefined : fresh + (read ?? 0) + (written ?? 0),
    read: read ?? 0,
    written: written ?? 0,
    output: expected.outputTokens ?? 0,
    ranServerTools: features.includes('server-tools'),
  };
}

/** Anthropic's marks in the format of Chat Completions. */
function chatMarks(body: unknown, blocks: readonly PrefixBlock[]): CacheMarks {
  const messages = asArray(asObject(body)?.['messages']);
  return blocks.flatMap(({ path }, blockIndex) => {
    const [, message, part] = /^messages\[(\d+)\]\.content\[(\d+)\]$/.exec(path) ?? [];
    const content = asArray(asObject(messages[Number(message)])?.['content']);
    return asObject(content[Number(part)])?.['cache_control'] ? [{ blockIndex, lifetime: '5m' as const }] : [];
  });
}

/** The corpus has cut long texts, and says how long they were. */
function estimatedTokens(text: string): number {
  let cutCharacters = 0;
  const rest = text.replaceAll(/\[\.\.\. text cut: (\d+) chars[^\]]*\]/g, (_marker, length: string) => {
    cutCharacters += Number(length);
    return '';
  });
  return textTokens(rest) + Math.round(cutCharacters / 4);
}
