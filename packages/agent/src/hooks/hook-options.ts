import { asObject } from '@reprise/providers';
import { describe } from '../content-blocks.ts';
import { AgentError } from '../errors.ts';
import type { AgentState } from '../state.ts';
import type { Hook, HookPoint } from './hook.ts';

export interface HookOptions {
  /** Asked in this order. Default: none. */
  readonly hooks?: readonly Hook[];
  /** How long one hook may take at one point. Default 30 000. */
  readonly hookTimeoutMs?: number;
  /**
   * A text that the model reads at the end of each request, and that is not kept: where things stand, say, or what to keep in mind. A
   * function may leave it out for a request. It moves no prefix, since it stands behind everything that the next request repeats; but it is
   * read anew each time, and some models lose their thoughts by it (the warning `cache/transient-message` says so). Default: none.
   */
  readonly transientReminder?: string | ((state: AgentState) => string | undefined);
}

/** Options with every default filled in; the reminder is the last of the hooks. */
export interface HookSettings {
  readonly hooks: readonly Hook[];
  readonly hookTimeoutMs: number;
}

/** Whose the reminder is, in events and in the ledger. */
const REMINDER = 'transientReminder';

const DEFAULT_TIMEOUT_MS = 30_000;

/** The longest time that a timer can wait for; it fires at once for a longer one. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Throws `agent/invalid-option`. */
export function checkHookOptions({ hooks = [], hookTimeoutMs, transientReminder }: HookOptions): HookSettings {
  if (!Array.isArray(hooks)) throw invalid(`hooks is ${describe(hooks)}; it must be a list of hooks.`);
  if (!['undefined', 'string', 'function'].includes(typeof transientReminder)) {
    throw invalid(`transientReminder is ${describe(transientReminder)}; it must be a text or a function.`);
  }
  const names = [
    ...hooks.map((hook) => asObject(hook)?.['name']),
    ...(transientReminder === undefined ? [] : [REMINDER]),
  ];
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || name === '') throw invalid(`hooks[${index}] has no name.`);
    if (names.indexOf(name) !== index) throw invalid(`Two hooks are named ${name}; a name must be unique.`);
  }
  for (const hook of hooks) checkPoints(hook);
  const timeoutMs = hookTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw invalid(`hookTimeoutMs is ${timeoutMs}; it must be a whole number from 1 to ${MAX_TIMEOUT_MS}.`);
  }
  const reminders = transientReminder === undefined ? [] : [reminderHook(transientReminder)];
  return { hooks: [...hooks, ...reminders], hookTimeoutMs: timeoutMs };
}

function checkPoints(hook: Hook): void {
  for (const point of POINTS) {
    const given: unknown = hook[point];
    if (given === undefined || typeof given === 'function') continue;
    throw invalid(`${point} of hook ${hook.name} is ${describe(given)}; it must be a function.`);
  }
}

const POINTS: readonly HookPoint[] = ['beforeRequest', 'afterTurn', 'beforeTool', 'afterTool'];

function reminderHook(reminder: NonNullable<HookOptions['transientReminder']>): Hook {
  return {
    name: REMINDER,
    beforeRequest({ state }) {
      const text = typeof reminder === 'string' ? reminder : reminder(state);
      return text ? { inject: text } : undefined;
    },
  };
}

function invalid(message: string): AgentError {
  return new AgentError('agent/invalid-option', message);
}
