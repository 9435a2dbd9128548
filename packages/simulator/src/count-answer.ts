import type { AnswerCounts } from './dialect.ts';
import { type AnswerBlock, foundText } from './script/answer-blocks.ts';
import { textTokens } from './tokenize.ts';

/** What an answer counts beside its prompt. */
export function countAnswer(blocks: readonly AnswerBlock[]): Omit<AnswerCounts, 'prompt'> {
  // One token ends the answer, so that even an empty one has output, as the vendors have it.
  let output = 1;
  let thinking = 0;
  for (const block of blocks) {
    const tokens = textTokens(writtenText(block));
    output += tokens;
    if (block.type === 'thinking' || block.type === 'redacted-thinking') thinking += tokens;
  }
  return { output, thinking, searched: countSearches(blocks) };
}

/** Of an answer that was never begun. */
export const NO_ANSWER: Omit<AnswerCounts, 'prompt'> = {
  output: 0,
  thinking: 0,
  searched: { requests: 0, tokens: 0 },
};

/** What the model wrote of a block. */
function writtenText(block: AnswerBlock): string {
  if (block.type === 'search') return block.query;
  return block.type === 'tool-call' ? `${block.name}${block.argumentsText}` : block.text;
}

function countSearches(blocks: readonly AnswerBlock[]): AnswerCounts['searched'] {
  const searches = blocks.filter((block) => block.type === 'search');
  const found = searches.flatMap(({ results }) => results);
  return {
    requests: searches.length,
    tokens: found.reduce((sum, result) => sum + textTokens(`${result.title}\n${foundText(result)}`), 0),
  };
}
