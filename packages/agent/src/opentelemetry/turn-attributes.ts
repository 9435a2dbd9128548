import type { Attributes } from '@opentelemetry/api';
import {
  type AssistantTurn,
  addCounts,
  type Count,
  cacheWriteCount,
  promptTokenCount,
  type TokenCounts,
} from '@reprise/providers';
import { ATTRIBUTE, errorType, finishReason, providerName } from './conventions.ts';

/** What one response has used, or several, in the conventions' cut: the input holds what was read from a cache and written to it. */
export interface UsedTokens {
  readonly input: Count;
  readonly output: Count;
  readonly cacheRead: Count;
  readonly cacheWrite: Count;
  readonly reasoning: Count;
}

export const NOTHING_USED: UsedTokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

export function usedTokens(tokens: TokenCounts): UsedTokens {
  const prompt = promptTokenCount(tokens);
  return {
    // A whole, which is summed only with others like it.
    input: prompt === 'not-reported' ? prompt : Number(prompt),
    output: tokens.output,
    cacheRead: tokens.cacheRead,
    cacheWrite: cacheWriteCount(tokens),
    reasoning: tokens.reasoning,
  };
}

/** The sum: known only where both are. */
export function addUsed(a: UsedTokens, b: UsedTokens): UsedTokens {
  return {
    input: addCounts(a.input, b.input),
    output: addCounts(a.output, b.output),
    cacheRead: addCounts(a.cacheRead, b.cacheRead),
    cacheWrite: addCounts(a.cacheWrite, b.cacheWrite),
    reasoning: addCounts(a.reasoning, b.reasoning),
  };
}

/** Without what was not reported: it is not 0. */
export function usageAttributes(used: UsedTokens): Attributes {
  return present({
    [ATTRIBUTE.inputTokens]: reported(used.input),
    [ATTRIBUTE.outputTokens]: reported(used.output),
    [ATTRIBUTE.cacheReadTokens]: reported(used.cacheRead),
    [ATTRIBUTE.cacheCreationTokens]: reported(used.cacheWrite),
    [ATTRIBUTE.reasoningTokens]: reported(used.reasoning),
  });
}

/** What tells one model call from another, on its span and in every metric of it. */
export function callAttributes(turn: AssistantTurn, requestModel: string | undefined): Attributes {
  return present({
    [ATTRIBUTE.operation]: 'chat',
    [ATTRIBUTE.provider]: providerName(turn.family),
    [ATTRIBUTE.requestModel]: requestModel,
    [ATTRIBUTE.responseModel]: isAnswered(turn) ? turn.model : undefined,
    [ATTRIBUTE.errorType]: turn.error ? errorType(turn.error) : undefined,
  });
}

/** What its response was, with nothing of what it says. */
export function responseAttributes(turn: AssistantTurn): Attributes {
  const { firstTokenMs } = turn.timing;
  return {
    ...present({
      [ATTRIBUTE.responseId]: turn.responseId ?? turn.message.responseId,
      [ATTRIBUTE.finishReasons]: [finishReason(turn.stopReason)],
      [ATTRIBUTE.isStreaming]: true,
      [ATTRIBUTE.timeToFirstChunk]: firstTokenMs === undefined ? undefined : firstTokenMs / 1000,
    }),
    ...usageAttributes(usedTokens(turn.tokens)),
  };
}

/** The attributes that have a value. */
export function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/** Whether a model has said anything: a call that failed before names the model it was for, and that one did not answer. */
function isAnswered({ error, timing }: AssistantTurn): boolean {
  return !error || timing.firstTokenMs !== undefined;
}

function reported(count: Count): number | undefined {
  return count === 'not-reported' ? undefined : count;
}
