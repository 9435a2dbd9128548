/**
 * When a run ends, and when it has to come to an end.
 *
 * Owns: what a run has used of its limits, and what follows. Pure.
 * Leaves to `turn-loop.ts`: doing so. To `budget.ts`: what may still be spent.
 *
 * S1. A run that may not use tools any more has one request left to say what it knows, unless `forceText` is `off`.
 * S2. No limit is exceeded by that request either: the last request of `maxRequests` is the closing one.
 */

import { type AssistantTurn, type ModelRequest, messageText } from '@reprise/providers';
import type { RunEndReason } from './agent-event.ts';
import { describe } from './content-blocks.ts';
import { AgentError } from './errors.ts';
import type { AgentState } from './state.ts';

/** How a run that is at its limit is brought to say what it knows. */
export type ForceText =
  /** A user message says that tools are over; everything cached stays cached. */
  | 'prompt'
  /** That, and a request with `toolChoice: 'none'`, which the model cannot get around. It loses the cached messages (Anthropic, 2026). */
  | 'tool_choice'
  /** Not at all: the calls of the last turn are refused, and the run ends. */
  | 'off';

export interface LimitOptions {
  /** How many rounds of tools a run may take. Then it closes; see `forceText`. Default 25. */
  readonly maxToolRounds?: number;
  /** How many model requests a run may make, its closing one included. Default: as many as the other limits allow. */
  readonly maxRequests?: number;
  /** How many tokens the models of a run may write, over all its turns. Default: no limit. */
  readonly maxOutputTokens?: number;
  /** How a run is closed that is at a limit, or that a tool has stopped. Default `prompt`. */
  readonly forceText?: ForceText;
  /** What the model is told then, as a user message that stays in the history. Default: `DEFAULT_FINAL_PROMPT`. */
  readonly finalPrompt?: string;
}

/** Limits with every default filled in. */
export interface Limits extends Required<LimitOptions> {
  /** With less left of `maxOutputTokens` no further request is made. */
  readonly leastOutputTokens: number;
}

/** OpenAI's Responses refuse a smaller cap (2026). */
const LEAST_OUTPUT_TOKENS = 16;

/** Where a model thinks by a budget, that is 1 024 tokens at least, and below the cap (Anthropic, 2026). */
const LEAST_THINKING_OUTPUT_TOKENS = 1040;

export const DEFAULT_FINAL_PROMPT =
  'No more tools can be used for this task. Answer now with what you have: say what was found or done, and what is still open.';

/** What a run has used, and what it was told. */
export interface RunProgress {
  readonly toolRounds: number;
  readonly requests: number;
  /** So far as it was reported. */
  readonly outputTokens: number;
  /** Whether a tool has asked for the run to end. */
  readonly isStopped: boolean;
  /** Whether calls of it were refused, since no tool may run. */
  readonly isRefused: boolean;
  /** Why the run has been closed; absent while it may use tools. */
  readonly closedFor?: RunEndReason;
  /** Whether its closing request has been answered. */
  readonly isClosed: boolean;
}

export const FRESH_RUN: RunProgress = {
  toolRounds: 0,
  requests: 0,
  outputTokens: 0,
  isStopped: false,
  isRefused: false,
  isClosed: false,
};

/** What a run does next, before it asks a model. */
export type NextStep =
  | { readonly step: 'ask' }
  /** Tell the model that tools are over, and ask it once more. */
  | { readonly step: 'close'; readonly reason: RunEndReason }
  | { readonly step: 'end'; readonly reason: RunEndReason };

/** Whether a model may be asked, and for what. */
export function nextStep(progress: RunProgress, limits: Limits): NextStep {
  const { requests, closedFor, isClosed } = progress;
  if (closedFor !== undefined) return isClosed ? { step: 'end', reason: closedFor } : { step: 'ask' };
  if (hasNoOutputLeft(progress, limits)) return { step: 'end', reason: 'output-limit' };
  if (requests >= limits.maxRequests) return { step: 'end', reason: 'request-limit' };
  const reason = closingReason(progress, limits);
  if (reason === undefined) return { step: 'ask' };
  return { step: limits.forceText === 'off' ? 'end' : 'close', reason };
}

/** Why no tool may run any more; `undefined` while one may. */
export function toolRefusal(progress: RunProgress, limits: Limits): RunEndReason | undefined {
  const { closedFor, toolRounds, requests } = progress;
  if (closedFor !== undefined) return closedFor;
  if (toolRounds >= limits.maxToolRounds) return 'tool-round-limit';
  if (requests >= limits.maxRequests) return 'request-limit';
  return hasNoOutputLeft(progress, limits) ? 'output-limit' : undefined;
}

/** The first request is made whatever it may write: a limit too small for any answer is the caller's to see. */
function hasNoOutputLeft({ requests, outputTokens }: RunProgress, limits: Limits): boolean {
  return requests > 0 && limits.maxOutputTokens - outputTokens < limits.leastOutputTokens;
}

/** Whether an answer ended against the model's will, so that the calls it holds are not to be run. */
export function isBrokenOff({ stopReason }: Pick<AssistantTurn, 'stopReason'>): boolean {
  return stopReason === 'refusal' || stopReason === 'content-filter' || stopReason === 'context-window';
}

/** How many tokens an answer was. One that nobody counted counts as its bytes: it was no more. */
export function outputTokensOf({ tokens, message }: Pick<AssistantTurn, 'tokens' | 'message'>): number {
  const { output } = tokens;
  return output === 'not-reported' ? Buffer.byteLength(JSON.stringify(message.content)) : output;
}

/** How far a run had come that goes on without input: the one before it died between the prompt that tools are over and the answer. */
export function resumedClosing(
  { messages }: Pick<AgentState, 'messages'>,
  { finalPrompt }: Limits,
): Pick<RunProgress, 'closedFor'> {
  const last = messages.at(-1);
  const isPrompted = last?.role === 'user' && messageText(last) === finalPrompt && messages.at(-2)?.role === 'tool';
  return isPrompted ? { closedFor: 'tool-round-limit' } : {};
}

function closingReason(
  progress: RunProgress,
  { maxToolRounds, maxRequests, forceText }: Limits,
): RunEndReason | undefined {
  const { toolRounds, requests, isStopped, isRefused } = progress;
  if (isStopped) return 'tool-stop';
  // Without a closing request, the turn after the last round of tools may still be a plain answer. So may the first.
  if ((toolRounds === 0 && !isRefused) || forceText === 'off') return undefined;
  if (toolRounds >= maxToolRounds) return 'tool-round-limit';
  return requests >= maxRequests - 1 ? 'request-limit' : undefined;
}

const DEFAULTS: Limits = {
  maxToolRounds: 25,
  maxRequests: Number.POSITIVE_INFINITY,
  maxOutputTokens: Number.POSITIVE_INFINITY,
  forceText: 'prompt',
  finalPrompt: DEFAULT_FINAL_PROMPT,
  leastOutputTokens: LEAST_OUTPUT_TOKENS,
};

/** Limits, checked. Throws `agent/invalid-option`. */
export function checkLimitOptions(
  options: LimitOptions & Pick<ModelRequest, 'think'>,
  defaults: Limits = DEFAULTS,
): Limits {
  const { think = 'off' } = options;
  const limits: Limits = {
    maxToolRounds: options.maxToolRounds ?? defaults.maxToolRounds,
    maxRequests: options.maxRequests ?? defaults.maxRequests,
    maxOutputTokens: options.maxOutputTokens ?? defaults.maxOutputTokens,
    forceText: options.forceText ?? defaults.forceText,
    finalPrompt: options.finalPrompt ?? defaults.finalPrompt,
    leastOutputTokens: think === 'off' ? LEAST_OUTPUT_TOKENS : LEAST_THINKING_OUTPUT_TOKENS,
  };
  for (const [name, least] of LEAST) {
    const value = limits[name];
    if ((!Number.isInteger(value) && value !== Number.POSITIVE_INFINITY) || value < least) {
      throw new AgentError(
        'agent/invalid-option',
        `${name} is ${value}; it must be a whole number of at least ${least}.`,
      );
    }
  }
  if (!['prompt', 'tool_choice', 'off'].includes(limits.forceText)) {
    throw new AgentError(
      'agent/invalid-option',
      `forceText is ${limits.forceText}; it must be 'prompt', 'tool_choice' or 'off'.`,
    );
  }
  const { finalPrompt } = limits;
  if (typeof finalPrompt !== 'string') {
    throw new AgentError('agent/invalid-option', `finalPrompt is ${describe(finalPrompt)}; it must be a text.`);
  }
  if (finalPrompt.trim() === '') throw new AgentError('agent/invalid-option', 'finalPrompt is empty.');
  return limits;
}

const LEAST = [
  ['maxToolRounds', 0],
  ['maxRequests', 1],
  ['maxOutputTokens', 1],
] as const;
