import { type CachePolicy, checkLimits, type Model, resolveModel, type StreamOptions } from '@reprise/providers';
import { AgentError } from './errors.ts';
import { type Ports, systemPorts } from './ports.ts';
import type { Tool } from './tool.ts';

/** How long a model call may take, and when it is tried again. */
type CallOptions = Omit<StreamOptions, 'signal'>;

export interface AgentOptions extends CallOptions {
  /** A model, or its name such as `anthropic/claude-opus-5`; credentials then come from the environment. */
  readonly model: Model | string;
  readonly system?: string;
  readonly tools?: readonly Tool[];
  /** Where prompt-cache marks go. Default `auto`. */
  readonly cache?: CachePolicy;
  /** How many rounds of tools a run may take before it ends with `tool-round-limit`. Default 25. */
  readonly maxToolRounds?: number;
  /** Clock and ids. Default: the system's. */
  readonly ports?: Ports;
}

/** Options checked, with every default filled in. */
export interface AgentSettings extends AgentOptions {
  readonly model: Model;
  readonly tools: readonly Tool[];
  readonly maxToolRounds: number;
  readonly ports: Ports;
  /** What every model call is given. */
  readonly callOptions: CallOptions;
}

const DEFAULT_MAX_TOOL_ROUNDS = 25;

/** Throws `agent/invalid-option` for what cannot work, or what `checkLimits` and `resolveModel` throw. */
export function checkOptions(options: AgentOptions): AgentSettings {
  const { tools = [], maxToolRounds = DEFAULT_MAX_TOOL_ROUNDS } = options;
  const names = tools.map(({ definition }) => definition.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new AgentError('agent/invalid-option', `Two tools are named ${repeated}; a name must be unique.`);
  if (!Number.isInteger(maxToolRounds) || maxToolRounds < 0) {
    throw new AgentError(
      'agent/invalid-option',
      `maxToolRounds is ${maxToolRounds}; it must be a whole number of at least 0.`,
    );
  }
  checkLimits(options);
  return {
    ...options,
    callOptions: callOptions(options),
    model: typeof options.model === 'string' ? resolveModel(options.model) : options.model,
    tools,
    maxToolRounds,
    ports: options.ports ?? systemPorts,
  };
}

function callOptions({ retry, timeoutMs, stallTimeoutMs }: CallOptions): CallOptions {
  return {
    ...(retry === undefined ? {} : { retry }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(stallTimeoutMs === undefined ? {} : { stallTimeoutMs }),
  };
}
