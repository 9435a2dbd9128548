import type { JsonObject, JsonValue, ToolDefinition } from '@reprise/providers';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { ToolBlocks } from './tool-blocks.ts';

/** What running a tool twice would do: nothing, the same again, or harm. */
export type EffectClass = 'pure' | 'idempotent' | 'effect';

/** A schema that can both validate and describe itself, such as one of zod 4. */
export type ToolInputSchema<Input> = StandardSchemaV1<unknown, Input> & StandardJSONSchemaV1;

export interface ToolContext {
  /** Aborted when the run is, or when the tool's time is up. */
  readonly signal: AbortSignal;
  readonly toolCallId: string;
  /** The same for every execution of this call, also after a crash: pass it on to services that can drop repeats. */
  readonly idempotencyKey: string;
}

export interface ToolOptions<Input> {
  readonly name: string;
  /** For the model: what the tool does and when to use it. */
  readonly description: string;
  readonly input: ToolInputSchema<Input>;
  /** Default `effect`: after a crash it is not run again, and the model is told that its outcome is unknown. */
  readonly effect?: EffectClass;
  /** Default 120 000. */
  readonly timeoutMs?: number;
  /**
   * The files that a call with this input may create, change or delete, relative to the root of `AgentOptions.files`: what they are is kept
   * before the tool runs, so that a rewind gives it back. The tool does not run if one of them cannot be kept.
   */
  touches?(input: Input): readonly string[];
  /** Its result goes to the model: text as it is, `toolBlocks` as these blocks, anything else as JSON. What it throws becomes an error result. */
  run(input: Input, context: ToolContext): ToolOutput | Promise<ToolOutput>;
}

export type ToolOutput = JsonValue | ToolBlocks | undefined;

/** A tool as the loop sees it: the input's type is settled inside. */
export interface Tool {
  readonly definition: ToolDefinition;
  readonly effect: EffectClass;
  readonly timeoutMs: number;
  /** Whether it declares the files that it touches. */
  readonly touchesFiles: boolean;
  /** Checks the input. Throws a `ToolInputError` if it does not fit the schema. */
  prepare(input: JsonValue): Promise<PreparedCall>;
  /** Checks the input, then runs. Throws a `ToolInputError` if it does not fit the schema. */
  execute(input: JsonValue, context: ToolContext): Promise<ToolOutput>;
}

/** A call whose input fits the schema. */
export interface PreparedCall {
  /** See `ToolOptions.touches`. */
  readonly touches: readonly string[];
  run(context: ToolContext): Promise<ToolOutput>;
}

/** The model's arguments do not fit the tool's schema. */
export class ToolInputError extends Error {
  override readonly name = 'ToolInputError';
}

export const DEFAULT_TOOL_TIMEOUT_MS = 120_000;

/** Makes a tool. Throws what the schema library throws if the schema cannot be written as JSON Schema. */
export function tool<Input>(options: ToolOptions<Input>): Tool {
  const { $schema: _dialect, ...inputSchema } = options.input['~standard'].jsonSchema.input({
    target: 'draft-2020-12',
  });
  async function prepare(input: JsonValue): Promise<PreparedCall> {
    const checked = await options.input['~standard'].validate(input);
    if (checked.issues) throw new ToolInputError(checked.issues.map(describeIssue).join('; '));
    const touches = options.touches?.(checked.value) ?? [];
    return { touches, run: async (context) => options.run(checked.value, context) };
  }

  return {
    definition: {
      name: options.name,
      description: options.description,
      // Standard JSON Schema promises JSON but types it loosely.
      inputSchema: inputSchema as JsonObject,
    },
    effect: options.effect ?? 'effect',
    timeoutMs: options.timeoutMs ?? DEFAULT_TOOL_TIMEOUT_MS,
    touchesFiles: options.touches !== undefined,
    prepare,
    execute: async (input, context) => (await prepare(input)).run(context),
  };
}

function describeIssue(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? [])
    .map((segment) => String(typeof segment === 'object' ? segment.key : segment))
    .join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
