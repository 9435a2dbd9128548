/**
 * When a run ends, and when it has to come to an end.
 *
 * Owns: what a run has used of its limits, and what follows. Pure.
 * Leaves to `turn-loop.ts`: doing so. To `budget.ts`: what may still be spent.
 *
 * S1. A run that may not use tools any more has one request left to say what it knows, unless `forceText` is `off`.
 * S2. No limit is exceeded by that request either: the last request of `maxRequests` is the closing one.
 */

import type { RunEndReason } from './agent-event.ts';
import { AgentError } from './errors.ts';

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
export type Limits = Required<LimitOptions>;

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
  /** Why the run has been closed; absent while it may use tools. */
  readonly closedFor?: RunEndReason;
}

export const FRESH_RUN: RunProgress = { toolRounds: 0, requests: 0, outputTokens: 0, isStopped: false };

/** What a run does next, before it asks a model. */
export type NextStep =
  | { readonly step: 'ask' }
  /** Tell the model that tools are over, and ask it once more. */
  | { readonly step: 'close'; readonly reason: RunEndReason }
  | { readonly step: 'end'; readonly reason: RunEndReason };

/** Whether a model may be asked, and for what. */
export function nextStep(progress: RunProgress, limits: Limits): NextStep {
  const { requests, closedFor } = progress;
  if (closedFor !== undefined) return { step: 'end', reason: closedFor };
  if (progress.outputTokens >= limits.maxOutputTokens) return { step: 'end', reason: 'output-limit' };
  if (requests >= limits.maxRequests) return { step: 'end', reason: 'request-limit' };
  const reason = closingReason(progress, limits);
  if (reason === undefined) return { step: 'ask' };
  return { step: limits.forceText === 'off' ? 'end' : 'close', reason };
}

/** Why no tool may run any more; `undefined` while one may. */
export function toolRefusal(progress: RunProgress, limits: Limits): RunEndReason | undefined {
  const { closedFor, toolRounds, requests, outputTokens } = progress;
  if (closedFor !== undefined) return closedFor;
  if (toolRounds >= limits.maxToolRounds) return 'tool-round-limit';
  if (requests >= limits.maxRequests) return 'request-limit';
  return outputTokens >= limits.maxOutputTokens ? 'output-limit' : undefined;
}

function closingReason(
  progress: RunProgress,
  { maxToolRounds, maxRequests, forceText }: Limits,
): RunEndReason | undefined {
  const { toolRounds, requests, isStopped } = progress;
  if (isStopped) return 'tool-stop';
  // Without a closing request, the turn after the last round of tools may still be a plain answer.
  if (toolRounds === 0 || forceText === 'off') return undefined;
  if (toolRounds >= maxToolRounds) return 'tool-round-limit';
  return requests >= maxRequests - 1 ? 'request-limit' : undefined;
}

const DEFAULTS: Limits = {
  maxToolRounds: 25,
  maxRequests: Number.POSITIVE_INFINITY,
  maxOutputTokens: Number.POSITIVE_INFINITY,
  forceText: 'prompt',
  finalPrompt: DEFAULT_FINAL_PROMPT,
};

/** Limits, checked. Throws `agent/invalid-option`. */
export function checkLimitOptions(options: LimitOptions, defaults: Limits = DEFAULTS): Limits {
  const limits: Limits = {
    maxToolRounds: options.maxToolRounds ?? defaults.maxToolRounds,
    maxRequests: options.maxRequests ?? defaults.maxRequests,
    maxOutputTokens: options.maxOutputTokens ?? defaults.maxOutputTokens,
    forceText: options.forceText ?? defaults.forceText,
    finalPrompt: options.finalPrompt ?? defaults.finalPrompt,
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
  if (limits.finalPrompt.trim() === '') throw new AgentError('agent/invalid-option', 'finalPrompt is empty.');
  return limits;
}

const LEAST = [
  ['maxToolRounds', 0],
  ['maxRequests', 1],
  ['maxOutputTokens', 1],
] as const;
