import type { SessionMessage } from './session/protocol.ts';

const TARGET_QUESTION = 2;
const TEXT_LENGTH = 80;

/**
 * Says when to kill the session process: once, in the middle of a text, in the second question or in the only one, and never in the
 * first turn. It goes by what the process tells, not by time.
 */
export function createKillPoint(questionCount: number): (message: SessionMessage) => boolean {
  let questions = 0;
  let turns = 0;
  let textLength = 0;
  let isReached = false;
  return (message) => {
    if (message.type === 'question-start') questions += 1;
    if (message.type === 'turn-end') turns += 1;
    textLength = message.type === 'text' ? textLength + message.text.length : 0;
    if (isReached || turns === 0 || textLength < TEXT_LENGTH) return false;
    isReached = questions >= Math.min(TARGET_QUESTION, questionCount);
    return isReached;
  };
}
