import type { CacheParameters, PrefixBlock } from '@reprise/providers';

/** A prompt that was answered, as far as later ones are compared with it. */
interface PromptRecord {
  readonly model: string;
  /** Each block with the hash of the prefix it ends. */
  readonly blocks: readonly { readonly role: PrefixBlock['role']; readonly hash: string; readonly tokens: number }[];
  readonly settings: CacheParameters;
}

/** How a prompt compares with an earlier one. `tokens` are those of the earlier one, before and behind where they part. */
export type PromptComparison =
  | { readonly verdict: 'same' | 'not-found' }
  | {
      readonly verdict: 'changed';
      readonly part: 'model' | 'tools' | 'system' | 'messages' | 'settings';
      readonly reusableTokens: number;
      readonly missedTokens: number;
    };

/** What a vendor remembers of the prompts it answered; the oldest go first. */
export interface PromptHistory {
  add(responseId: string, record: PromptRecord): void;
  compare(responseId: string, record: PromptRecord): PromptComparison;
  clear(): void;
}

const REMEMBERED_PROMPTS = 1000;

export function createPromptHistory(): PromptHistory {
  const records = new Map<string, PromptRecord>();
  return {
    add(responseId, record) {
      records.set(responseId, record);
      const [oldest] = records.keys();
      if (records.size > REMEMBERED_PROMPTS && oldest !== undefined) records.delete(oldest);
    },
    compare(responseId, record) {
      const earlier = records.get(responseId);
      return earlier ? comparePrompts(earlier, record) : { verdict: 'not-found' };
    },
    clear: () => records.clear(),
  };
}

/** Whether all of an earlier prompt stands at the beginning of another, and where they part if not. */
function comparePrompts(earlier: PromptRecord, now: PromptRecord): PromptComparison {
  const tokens = earlier.blocks.reduce((sum, block) => sum + block.tokens, 0);
  const whole = { verdict: 'changed', reusableTokens: 0, missedTokens: tokens } as const;
  if (earlier.model !== now.model) return { ...whole, part: 'model' };
  const index = earlier.blocks.findIndex(({ hash }, at) => now.blocks[at]?.hash !== hash);
  if (index !== -1) {
    const roles = [earlier.blocks[index]?.role, now.blocks[index]?.role];
    const part = roles.includes('tool') ? 'tools' : roles.includes('system') ? 'system' : 'messages';
    const reusableTokens = earlier.blocks.slice(0, index).reduce((sum, block) => sum + block.tokens, 0);
    return { verdict: 'changed', part, reusableTokens, missedTokens: tokens - reusableTokens };
  }
  const isSame = JSON.stringify(earlier.settings) === JSON.stringify(now.settings);
  return isSame ? { verdict: 'same' } : { ...whole, part: 'settings' };
}
