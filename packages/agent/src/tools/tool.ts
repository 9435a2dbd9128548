import { asObject, type JsonObject, type JsonValue, type ToolDefinition } from '@reprise/providers';
import type { ApprovalContext, ApprovalNeed } from '../approval/approval.ts';
import { describe } from '../content-blocks.ts';
import { AgentError } from '../errors.ts';
import { readInputSchema, type ToolInputSchema } from './input-schema.ts';
import type { StopOutput } from './stop.ts';
import type { ToolBlocks } from './tool-blocks.ts';

/** What running a tool twice would do: nothing, the same again, or harm. */
export type EffectClass = 'pure' | 'idempotent' | 'effect';

export interface ToolContext {
  /** Aborted when the run is, or when the tool's time is up. */
  readonly signal: AbortSignal;
  readonly toolCallId: string;
  /** The same for every execution of this call, also after a crash: pass it on to services that can drop repeats. */
  readonly idempotencyKey: string;
}

export interface ToolOptions<Input> {
  /** Up to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** For the model: what the tool does and when to use it. */
  readonly description: string;
  /**
   * What it takes, as an object: a schema that describes itself, whose type `run` is given, or a JSON Schema. With a JSON Schema `run` is
   * given what the model wrote, as it is; formats are not checked. Keys are sorted before the model sees them.
   */
  readonly input: ToolInputSchema<Input> | JsonObject;
  /**
   * Default `effect`: after a crash it is not run again, and the model is told that its outcome is unknown. A `pure` tool costs the least to
   * record, and may run again after a crash although it had ended.
   */
  readonly effect?: EffectClass;
  /** A whole number from 1 to 2³¹ − 1. Default 120 000. */
  readonly timeoutMs?: number;
  /**
   * Whether it may run beside other calls of its turn. One that may not begins when those before it have ended, and ends before those after
   * it begin. Default: it may, unless it declares `touches`, since two edits of one file must not cross.
   */
  readonly parallel?: boolean;
  /**
   * The files that a call with this input may create, change or delete, relative to the root of `AgentOptions.files`: what they are is kept
   * before the tool runs, so that a rewind gives it back. The tool does not run if one of them cannot be kept.
   */
  touches?(input: Input): readonly string[];
  /**
   * Whether a call with this input waits for somebody's decision before it runs; see `AgentOptions.approve`. Anything but `false` waits, a
   * function that throws or takes longer than `timeoutMs` included. Default `false`.
   */
  readonly needsApproval?: boolean | ((input: Input, context: ApprovalContext) => ApprovalNeed | Promise<ApprovalNeed>);
  /**
   * Its result goes to the model: text as it is, `toolBlocks` as these blocks, anything else as JSON; within `stop` it ends the run. What
   * it throws becomes an error result; see `onToolError`.
   */
  run(input: Input, context: ToolContext): ToolOutput | Promise<ToolOutput>;
}

export type ToolOutput = JsonValue | ToolBlocks | StopOutput | undefined;

/** A tool as the loop sees it: the input's type is settled inside. */
export interface Tool {
  readonly definition: ToolDefinition;
  readonly effect: EffectClass;
  readonly timeoutMs: number;
  /** See `ToolOptions.parallel`. */
  readonly isParallel: boolean;
  /** Whether it declares the files that it touches. */
  readonly touchesFiles: boolean;
  /** Whether a call may need an approval; whether one does, the prepared call says. */
  readonly mayNeedApproval: boolean;
  /** Checks the input. Throws a `ToolInputError` if it does not fit the schema. */
  prepare(input: JsonValue): Promise<PreparedCall>;
  /** Checks the input, then runs. Throws a `ToolInputError` if it does not fit the schema. */
  execute(input: JsonValue, context: ToolContext): Promise<ToolOutput>;
}

/** A call whose input fits the schema. */
export interface PreparedCall {
  /** See `ToolOptions.touches`. */
  readonly touches: readonly string[];
  /** See `ToolOptions.needsApproval`. */
  needsApproval(context: ApprovalContext): Promise<ApprovalNeed>;
  run(context: ToolContext): Promise<ToolOutput>;
}

export const DEFAULT_TOOL_TIMEOUT_MS = 120_000;

/** What every vendor takes as a name (OpenAI, function calling; Anthropic, tool use; 2026). */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** The longest time that a timer can wait for; it fires at once for a longer one. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Makes a tool. Throws `agent/invalid-option` for options that cannot work. The type of `run`'s input is that of the schema; of a JSON
 * Schema nothing is inferred, and a type that is named, as in `tool<{ path: string }>(…)`, is believed.
 */
export function tool<Input = JsonObject>(options: ToolOptions<Input>): Tool {
  const { name, description, effect = 'effect', timeoutMs = DEFAULT_TOOL_TIMEOUT_MS, touches } = options;
  const { needsApproval = false } = options;
  refuseBadOptions(options, effect, timeoutMs);
  const { schema, check } = readInputSchema(name, options.input);
  async function prepare(input: JsonValue): Promise<PreparedCall> {
    const checked = await check(input);
    return {
      touches: options.touches?.(checked) ?? [],
      needsApproval: async (context) =>
        typeof needsApproval === 'function' ? needsApproval(checked, context) : needsApproval,
      run: async (context) => options.run(checked, context),
    };
  }

  return {
    definition: { name, description, inputSchema: schema },
    effect,
    timeoutMs,
    isParallel: options.parallel ?? touches === undefined,
    touchesFiles: touches !== undefined,
    mayNeedApproval: needsApproval !== false,
    prepare,
    execute: async (input, context) => (await prepare(input)).run(context),
  };
}

function refuseBadOptions<Input>(options: ToolOptions<Input>, effect: EffectClass, timeoutMs: number): void {
  const { name } = options;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalid(
      `A tool is named ${JSON.stringify(name)}; a name has 1 to 64 letters, digits, _ and - (vendors' rule).`,
    );
  }
  for (const [option, isValid, expected] of RULES) {
    const value: unknown = options[option];
    if (isValid(value)) continue;
    throw invalid(`${option} of tool ${name} is ${describe(value)}; it must be ${expected}.`);
  }
  if (!['pure', 'idempotent', 'effect'].includes(effect)) {
    throw invalid(`The effect of tool ${name} is ${effect}; it must be 'pure', 'idempotent' or 'effect'.`);
  }
  if (!Number.isInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw invalid(
      `timeoutMs of tool ${name} is ${timeoutMs}; it must be a whole number of at least 1 and at most ${MAX_TIMEOUT_MS}.`,
    );
  }
}

type Rule = readonly [option: keyof ToolOptions<unknown>, isValid: (value: unknown) => boolean, expected: string];

const isFunction = (value: unknown): boolean => typeof value === 'function';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';

/** Callers without types may give anything. */
const RULES: readonly Rule[] = [
  ['description', (value) => typeof value === 'string', 'a text'],
  ['input', (value) => isFunction(value) || asObject(value) !== undefined, 'a schema of an object'],
  ['run', isFunction, 'a function'],
  ['touches', (value) => value === undefined || isFunction(value), 'a function or left out'],
  ['parallel', (value) => value === undefined || isBoolean(value), 'true or false'],
  [
    'needsApproval',
    (value) => value === undefined || isBoolean(value) || isFunction(value),
    'true, false or a function',
  ],
];

function invalid(message: string): AgentError {
  return new AgentError('agent/invalid-option', message);
}
