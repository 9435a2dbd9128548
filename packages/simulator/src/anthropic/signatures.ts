import { anthropicPrefixBlocks, asObject, prefixHashes } from '@reprise/providers';
import type { Refusal } from '../dialect.ts';
import { openSeal } from '../seal.ts';

/**
 * Models that check what a thought followed: tools, system prompt and every message before it. Mythos 5.1 signs and does not check
 * (platform.claude.com, preserved thinking, autumn 2026).
 */
const BINDS_PREFIX = /claude-(?:fable-5-[12]|(?:opus|sonnet|haiku)-5-5)(?!\d)/;

/** Why a thought that is sent back would be refused: somebody changed it, or what stood before it. */
export function refuseSignatures(body: Readonly<Record<string, unknown>>): Refusal | undefined {
  const blocks = anthropicPrefixBlocks(body);
  if (!blocks.some(({ kind }) => kind === 'thinking')) return undefined;
  const hashes = prefixHashes(blocks);
  const bindsPrefix = BINDS_PREFIX.test(String(body['model']));
  for (const [index, { kind, path, text }] of blocks.entries()) {
    if (kind !== 'thinking') continue;
    const { thinking, signature } = asObject(JSON.parse(text)) ?? {};
    const seal = openSeal(String(signature));
    const place = path.replaceAll('[', '.').replaceAll(']', '');
    if (seal?.thought !== thinking) {
      return { status: 400, message: `${place}: Invalid \`signature\` in \`thinking\` block` };
    }
    if (bindsPrefix && seal && !hashes.slice(0, index).includes(seal.prefixHash)) {
      const message = `${place}: Invalid \`signature\` in \`thinking\` block: it is bound to a different conversation.`;
      return { status: 400, message };
    }
  }
  return undefined;
}
