import type { FileCheckpointer } from '@reprise/checkpoint';
import { asObject, checkLimits, type Model, resolveModel, type StreamOptions, userMessage } from '@reprise/providers';
import type { Approve } from './approval/approval.ts';
import { type CallGuardOptions, checkCallGuards } from './call-guards.ts';
import { describe } from './content-blocks.ts';
import type { RequestOptions } from './context/build-request.ts';
import { checkCompactAt } from './context/check-compaction.ts';
import { checkRequestOptions } from './context/check-request-options.ts';
import type { OverflowPolicy } from './context/overflow.ts';
import { AgentError } from './errors.ts';
import { checkHookOptions, type HookOptions, type HookSettings } from './hooks/hook-options.ts';
import { type Ports, systemPorts } from './ports.ts';
import type { PrefixChangePolicy } from './session/prefix-change.ts';
import type { UnknownOutcomePolicy } from './session/repair.ts';
import { checkLimitOptions, type LimitOptions, type Limits } from './stop-condition.ts';
import type { Tool } from './tools/tool.ts';
import { TOOL_REFS_PROMPT } from './tools/tool-refs.ts';
import { checkToolTerms, type ToolRunOptions, type ToolTerms } from './tools/tool-terms.ts';

/** How long a model call may take, and when it is tried again. */
type CallOptions = Omit<StreamOptions, 'clock' | 'random' | 'signal'>;

export interface AgentOptions
  extends CallGuardOptions,
    CallOptions,
    HookOptions,
    LimitOptions,
    RequestOptions,
    ToolRunOptions {
  /** A model, or its name such as `anthropic/claude-opus-5`; credentials then come from the environment. */
  readonly model: Model | string;
  readonly tools?: readonly Tool[];
  /**
   * What becomes of a call whose tool has an `effect` and may have run when its process died: nobody knows what came of it. Default
   * `tell-model`: it is not run again, and the model is told. A function finds out and gives the result.
   */
  readonly onUnknownOutcome?: UnknownOutcomePolicy;
  /**
   * What becomes of a turn whose request does not begin with the last one of its session, so that nothing of use is cached: another tool,
   * system prompt or model, a release that writes them otherwise, or a setting whose change loses the cache, such as `think`. With `warn`,
   * the default, an event `cache/prefix-changed` names the first difference before the request is sent; with `refuse` the run ends with
   * `agent/prefix-changed` and nothing is sent; with `allow` nothing is compared.
   */
  readonly onPrefixChange?: PrefixChangePolicy;
  /**
   * Decides on calls of tools with `needsApproval`, while the run waits. Default: nobody does, and the run ends with the reason
   * `approval-needed`; see `Session.decide`.
   */
  readonly approve?: Approve;
  /** Keeps what files are before a tool that declares `touches` changes them, so that `Session.rewind` can give it back. Default: none. */
  readonly files?: FileCheckpointer;
  /**
   * Compacts the conversation before a request that is expected to be longer, in tokens, as `Session.compact` does by default; in the midst
   * of tool use all of it. The events of the summary come between `compaction-start` and `compaction-end`; no limit but the budget counts
   * it. Default: never.
   */
  readonly compactAt?: number;
  /** Clock, ids and randomness. Default: the system's. */
  readonly ports?: Ports;
}

/** Options checked, with every default filled in. */
export interface AgentSettings extends AgentOptions {
  readonly model: Model;
  readonly tools: readonly Tool[];
  readonly limits: Limits;
  readonly onOverflow: OverflowPolicy;
  readonly hooks: HookSettings['hooks'];
  readonly hookTimeoutMs: HookSettings['hookTimeoutMs'];
  readonly toolTerms: ToolTerms;
  readonly onUnknownOutcome: UnknownOutcomePolicy;
  readonly onPrefixChange: PrefixChangePolicy;
  readonly ports: Ports;
  /** What every model call is given. */
  readonly callOptions: CallOptions;
  /** What every model call asks. */
  readonly requestOptions: RequestOptions;
}

/** Throws `agent/invalid-option` for what cannot work, or what `checkLimits` and `resolveModel` throw. */
export function checkOptions(options: AgentOptions): AgentSettings {
  const model = asModel(asObject(options)?.['model']);
  const { tools = [] } = options;
  checkTools(tools);
  checkRequestOptions(pick(options, REQUEST_OPTIONS));
  if (options.approve !== undefined && typeof options.approve !== 'function') {
    throw new AgentError('agent/invalid-option', `approve is ${options.approve}; it must be a function or left out.`);
  }
  checkLimits(options);
  checkCompactAt(options.compactAt);
  const { ports = systemPorts } = options;
  const toolTerms = checkToolTerms(options);
  const requestOptions = pick(options, REQUEST_OPTIONS);
  return {
    ...options,
    ...checkHookOptions(options),
    callOptions: pick(options, ['retry', 'timeoutMs', 'stallTimeoutMs']),
    requestOptions: toolTerms.toolRefs ? withToolRefs(requestOptions) : requestOptions,
    model,
    tools,
    limits: checkLimitOptions(options),
    ...checkCallGuards(options, model, ports.clock()),
    toolTerms,
    onUnknownOutcome: checkOutcomePolicy(options.onUnknownOutcome ?? 'tell-model'),
    onPrefixChange: checkPrefixPolicy(options.onPrefixChange ?? 'warn'),
    ports,
  };
}

/**
 * The settings with another cache policy, if there is one. Throws `agent/invalid-option`, and what the model's `planMarks` throws for a policy
 * that it cannot have.
 */
export function withCachePolicy(settings: AgentSettings, cache: RequestOptions['cache']): AgentSettings {
  if (cache === undefined) return settings;
  checkRequestOptions({ cache });
  settings.model.planMarks({ cache, messages: [userMessage('.')] });
  return { ...settings, cache, requestOptions: { ...settings.requestOptions, cache } };
}

/** A model, or the one of that name. Throws `agent/invalid-option` for anything else, and what `resolveModel` throws. */
export function asModel(given: unknown): Model {
  if (typeof given === 'string') return resolveModel(given);
  if (isModel(given)) return given;
  throw new AgentError(
    'agent/invalid-option',
    `model is ${describe(given)}; it must be a model, or a model's name such as 'anthropic/claude-opus-5'.`,
  );
}

function isModel(given: unknown): given is Model {
  return MODEL_FUNCTIONS.every((name) => isFunctionOf(given, name));
}

const MODEL_FUNCTIONS = ['stream', 'prefixBlocks', 'planMarks'] as const satisfies readonly (keyof Model)[];

function isFunctionOf(value: unknown, name: string): boolean {
  return typeof asObject(value)?.[name] === 'function';
}

function checkTools(tools: readonly Tool[]): void {
  if (!Array.isArray(tools)) {
    throw new AgentError('agent/invalid-option', `tools is ${describe(tools)}; it must be a list of tools.`);
  }
  const odd = tools.findIndex((given: unknown) => !isFunctionOf(given, 'prepare'));
  if (odd !== -1) {
    throw new AgentError('agent/invalid-option', `tools[${odd}] is ${describe(tools[odd])}; make it with tool(…).`);
  }
  const names = tools.map(({ definition }) => definition.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new AgentError('agent/invalid-option', `Two tools are named ${repeated}; a name must be unique.`);
}

function checkOutcomePolicy(policy: UnknownOutcomePolicy): UnknownOutcomePolicy {
  if (typeof policy === 'function' || ['tell-model', 'run-again'].includes(policy)) return policy;
  throw new AgentError(
    'agent/invalid-option',
    `onUnknownOutcome is ${policy}; it must be 'tell-model', 'run-again' or a function.`,
  );
}

function checkPrefixPolicy(policy: PrefixChangePolicy): PrefixChangePolicy {
  if (['allow', 'refuse', 'warn'].includes(policy)) return policy;
  throw new AgentError('agent/invalid-option', `onPrefixChange is ${policy}; it must be 'refuse', 'warn' or 'allow'.`);
}

const REQUEST_OPTIONS = [
  'cache',
  'cacheKey',
  'diagnostics',
  'maxTokens',
  'output',
  'search',
  'stopSequences',
  'system',
  'temperature',
  'think',
  'vendorOptions',
] as const satisfies readonly (keyof RequestOptions)[];

/** The words are the same in every request of the agent, and stand with what is cached. */
function withToolRefs({ system = '', ...options }: RequestOptions): RequestOptions {
  return { ...options, system: system === '' ? TOOL_REFS_PROMPT : `${system}\n\n${TOOL_REFS_PROMPT}` };
}

function pick<Key extends keyof AgentOptions>(options: AgentOptions, keys: readonly Key[]): Pick<AgentOptions, Key> {
  const entries = keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]));
  return Object.fromEntries(entries);
}
