import { anthropicPrefixBlocks, asArray, asObject, prefixHashes } from '@reprise/providers';
import { badRequest, type Refusal, textOf } from '../../dialect.ts';
import { openSeal, type Sealed } from '../../seal.ts';

type Wire = Readonly<Record<string, unknown>>;

/**
 * Models that check what a thought followed: tools, system prompt and every message before it. Mythos 5.1 signs and does not check
 * (platform.claude.com, preserved thinking, autumn 2026).
 */
const BINDS_PREFIX = /claude-(?:fable-5-[12]|(?:opus|sonnet|haiku)-5-5)(?!\d)/;

/** Why something that is sent back would be refused: somebody changed it, or what stood before a thought. */
export function refuseSeals(body: Wire): Refusal | undefined {
  const blocks = anthropicPrefixBlocks(body);
  const bindsPrefix = BINDS_PREFIX.test(String(body['model']));
  // Hashes of a long history are worth their time only where there is something to check.
  const hashes = blocks.some(({ kind }) => kind.includes('thinking')) ? prefixHashes(blocks) : [];
  for (const [index, { kind, role, path, text }] of blocks.entries()) {
    if (role !== 'assistant' || !(kind.includes('thinking') || FOUND.test(text))) continue;
    const place = path.replaceAll('[', '.').replaceAll(']', '');
    const block = asObject(JSON.parse(text)) ?? {};
    const refusal = kind.includes('thinking')
      ? refuseThought(place, block, bindsPrefix ? hashes.slice(0, index) : undefined)
      : refuseFound(place, block);
    if (refusal) return refusal;
  }
  return undefined;
}

const FOUND = /"encrypted_(?:content|index)"|"web_search_(?:tool_result|result_location)"/;

/** `prefixes`: what stood before it, where the model checks that. */
function refuseThought(place: string, block: Wire, prefixes: readonly string[] | undefined): Refusal | undefined {
  const isRedacted = block['type'] === 'redacted_thinking';
  const seal = openSeal(textOf(isRedacted ? block['data'] : block['signature']));
  const field = isRedacted ? '`data` in `redacted_thinking` block' : '`signature` in `thinking` block';
  if (!seal || (!isRedacted && seal.text !== block['thinking'])) return badRequest(`${place}: Invalid ${field}`);
  if (!prefixes || prefixes.includes(seal.prefixHash)) return undefined;
  return badRequest(`${place}: Invalid ${field}: it is bound to a different conversation.`);
}

/** What a search found, and which of it a text cites, is readable to the vendor only while nobody touched it. */
function refuseFound(place: string, block: Wire): Refusal | undefined {
  const [list, field] = block['type'] === 'text' ? ['citations', 'encrypted_index'] : ['content', 'encrypted_content'];
  for (const [index, item] of asArray(block[list]).entries()) {
    const found = asObject(item) ?? {};
    const isCitation = block['type'] === 'text';
    if (isCitation && found['type'] !== 'web_search_result_location') continue;
    if (isOf(openSeal(textOf(found[field])), found)) continue;
    return badRequest(`${place}.${list}.${index}.${field}: Invalid \`${field}\``);
  }
  return undefined;
}

function isOf(seal: Sealed | undefined, { url }: Wire): boolean {
  return seal?.text.startsWith(`${String(url)}\n`) === true;
}
