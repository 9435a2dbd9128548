import { AgentError } from '../errors.ts';
import { DEFAULT_COMPACTION_PROMPT, DEFAULT_KEEP_LAST, type PlanCompactionOptions } from './plan-compaction.ts';

/** The options with their defaults. Throws `agent/invalid-option`. */
export function checkCompaction({
  keepLast = DEFAULT_KEEP_LAST,
  prompt = DEFAULT_COMPACTION_PROMPT,
  ...assumed
}: PlanCompactionOptions): PlanCompactionOptions & Required<Pick<PlanCompactionOptions, 'keepLast' | 'prompt'>> {
  const { summaryTokens, messageTokens, answerTokens, gapMs } = assumed;
  checkWhole({ keepLast, summaryTokens, messageTokens, answerTokens, gapMs });
  if (prompt.trim() === '') throw new AgentError('agent/invalid-option', 'The prompt of a compaction is empty.');
  return { ...assumed, keepLast, prompt };
}

/** Throws `agent/invalid-option` for what is no number of tokens. */
export function checkCompactAt(compactAt: number | undefined): void {
  checkWhole({ compactAt }, 1);
}

/** Throws `agent/invalid-option` for the first of these options that is there and no whole number of at least that. */
export function checkWhole(options: Readonly<Record<string, number | undefined>>, least = 0): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || (Number.isInteger(value) && value >= least)) continue;
    throw new AgentError(
      'agent/invalid-option',
      `${name} is ${value}; it must be a whole number of at least ${least}.`,
    );
  }
}
