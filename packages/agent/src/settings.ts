import type { FileCheckpointer } from '@reprise/checkpoint';
import { checkLimits, type Model, resolveModel, type StreamOptions } from '@reprise/providers';
import type { RequestOptions } from './context/build-request.ts';
import { AgentError } from './errors.ts';
import { type Ports, systemPorts } from './ports.ts';
import type { PrefixChangePolicy } from './session/prefix-change.ts';
import type { UnknownOutcomePolicy } from './session/repair.ts';
import { checkLimitOptions, type LimitOptions, type Limits } from './stop-condition.ts';
import type { Tool } from './tool.ts';

/** How long a model call may take, and when it is tried again. */
type CallOptions = Omit<StreamOptions, 'clock' | 'signal'>;

export interface AgentOptions extends CallOptions, LimitOptions, RequestOptions {
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
   * system prompt or model, or a release that writes them otherwise. With `warn`, the default, an event `cache/prefix-changed` names the
   * first difference before the request is sent; with `refuse` the run ends with `agent/prefix-changed` and nothing is sent; with `allow`
   * nothing is compared.
   */
  readonly onPrefixChange?: PrefixChangePolicy;
  /** Keeps what files are before a tool that declares `touches` changes them, so that `Session.rewind` can give it back. Default: none. */
  readonly files?: FileCheckpointer;
  /** Clock and ids. Default: the system's. */
  readonly ports?: Ports;
}

/** Options checked, with every default filled in. */
export interface AgentSettings extends AgentOptions {
  readonly model: Model;
  readonly tools: readonly Tool[];
  readonly limits: Limits;
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
  const { tools = [] } = options;
  const names = tools.map(({ definition }) => definition.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new AgentError('agent/invalid-option', `Two tools are named ${repeated}; a name must be unique.`);
  checkLimits(options);
  return {
    ...options,
    callOptions: pick(options, ['retry', 'timeoutMs', 'stallTimeoutMs']),
    requestOptions: pick(options, REQUEST_OPTIONS),
    model: typeof options.model === 'string' ? resolveModel(options.model) : options.model,
    tools,
    limits: checkLimitOptions(options),
    onUnknownOutcome: checkOutcomePolicy(options.onUnknownOutcome ?? 'tell-model'),
    onPrefixChange: checkPrefixPolicy(options.onPrefixChange ?? 'warn'),
    ports: options.ports ?? systemPorts,
  };
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

function pick<Key extends keyof AgentOptions>(options: AgentOptions, keys: readonly Key[]): Pick<AgentOptions, Key> {
  const entries = keys.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]]));
  return Object.fromEntries(entries);
}
