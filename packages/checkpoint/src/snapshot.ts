import type { SessionId, SnapshotContent } from './session.ts';

const PREVIEW_CHARACTERS = 80;

export interface SnapshotSource {
  readonly sessionId: SessionId;
  /** Any object with the counters of an agent state. A counter it lacks, or that is not a number, counts 0. */
  readonly state: object;
  /** The prompt that the turn answered. */
  readonly prompt: string;
}

/** The content of a snapshot of this state, whatever release the state comes from. */
export function makeSnapshot({ sessionId, state, prompt }: SnapshotSource): SnapshotContent & {
  readonly sessionId: SessionId;
} {
  const messages: unknown = Reflect.get(state, 'messages');
  return {
    sessionId,
    turnCount: counter(state, 'turnCount'),
    messageCount: Array.isArray(messages) ? messages.length : 0,
    silentTurnCount: counter(state, 'silentTurnCount'),
    promptPreview: preview(prompt),
    tokenSnapshot: {
      input: counter(state, 'totalInputTokens'),
      output: counter(state, 'totalOutputTokens'),
      reasoning: counter(state, 'totalReasoningTokens'),
      cacheRead: counter(state, 'totalCacheReadTokens'),
      cacheWrite: counter(state, 'totalCacheWriteTokens'),
    },
  };
}

function counter(state: object, name: string): number {
  const value: unknown = Reflect.get(state, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function preview(prompt: string): string {
  // A character is at most two code units, so a long prompt need not be walked to its end.
  const start = prompt.slice(0, 2 * PREVIEW_CHARACTERS);
  return Array.from(start).slice(0, PREVIEW_CHARACTERS).join('').toWellFormed().replaceAll('\0', '\uFFFD');
}
