import type { AssistantTurn, StopReason } from './assistant-turn.ts';
import { refuseRequest } from './check-request.ts';
import { ProviderError } from './errors.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { messageText, toolCalls } from './message.ts';
import { completeTurn, type Model, type StreamOptions } from './model.ts';
import type { ModelRequest } from './request.ts';

/** What a structured answer has to look like, and how it is asked for. */
export interface AnswerShape {
  /** JSON Schema of the value, an object schema. */
  readonly schema: JsonObject;
  /** Up to 64 letters, digits, `_` and `-`. Default: the schema's title; for a tool without one, `answer`. */
  readonly name?: string;
  readonly description?: string;
  /**
   * `output` (default) asks for an answer whose text is JSON. `tool` has the model call one tool, whose arguments are the value: for
   * models that take no schema for their answer, but a tool choice.
   */
  readonly via?: 'output' | 'tool';
}

/** An answer shape whose value is checked, or turned into something else; what it throws is why the answer was no good. */
export interface ValidatedShape<Value> extends AnswerShape {
  readonly validate: (value: JsonValue) => Value;
}

export interface StructuredAnswer<Value> {
  readonly value: Value;
  /** The call that gave it, with its tokens. */
  readonly turn: AssistantTurn;
}

/** An answer that is not what was asked for. The call was made all the same: `turn` has its words and its tokens. */
export class MalformedOutputError extends ProviderError {
  readonly turn: AssistantTurn;

  constructor(message: string, turn: AssistantTurn, details: { readonly cause?: unknown } = {}) {
    super('provider/malformed-output', message, details);
    this.turn = turn;
  }
}

/** Whether an error is a `MalformedOutputError`, by its code. */
export function isMalformedOutput(error: unknown): error is MalformedOutputError {
  return error instanceof Error && 'turn' in error && 'code' in error && error.code === 'provider/malformed-output';
}

/**
 * One call, and its answer as a value. Rejects like `completeTurn`, and with a `MalformedOutputError` if the answer was cut or refused, is
 * no JSON, or fails `validate`; without `validate`, what keeps the value to the schema is the vendor. Numbers are doubles: one that needs
 * more digits is exact only in the turn's text.
 */
export async function completeStructured(
  model: Model,
  request: ModelRequest,
  shape: AnswerShape,
  options?: StreamOptions,
): Promise<StructuredAnswer<JsonValue>>;
export async function completeStructured<Value>(
  model: Model,
  request: ModelRequest,
  shape: ValidatedShape<Value>,
  options?: StreamOptions,
): Promise<StructuredAnswer<Value>>;
export async function completeStructured(
  model: Model,
  request: ModelRequest,
  shape: AnswerShape & Partial<ValidatedShape<unknown>>,
  options?: StreamOptions,
): Promise<StructuredAnswer<unknown>> {
  const asked = shape.via === 'tool' ? askForCall(request, shape) : askForText(request, shape);
  const turn = await completeTurn(model, asked, options);
  const reason = UNFINISHED[turn.stopReason];
  if (reason !== undefined) throw new MalformedOutputError(`The answer is incomplete: ${reason}.`, turn);
  const value = parseAnswer(shape.via === 'tool' ? calledWith(turn, toolName(shape)) : messageText(turn.message), turn);
  return { value: shape.validate ? validated(value, shape.validate, turn) : value, turn };
}

const UNFINISHED: Partial<Record<StopReason, string>> = {
  'max-tokens': 'it was cut at the output cap, so raise maxTokens',
  'context-window': 'the context window was full, so shorten the history',
  'content-filter': "it was cut by the vendor's content filter",
  refusal: 'the model refused to answer',
  pause: 'the vendor paused it, and has to be asked to go on',
};

function askForText(request: ModelRequest, { schema, name, description }: AnswerShape): ModelRequest {
  if (request.output !== undefined) refuseRequest('output is set beside the schema of the answer; give one of them.');
  const words = {
    ...(name === undefined ? {} : { title: name }),
    ...(description === undefined ? {} : { description }),
  };
  return { ...request, output: { ...schema, ...words } };
}

/** The tool stands after the request's own, which stay: they are part of what a cache keeps. */
function askForCall(request: ModelRequest, shape: AnswerShape): ModelRequest {
  const name = toolName(shape);
  const { tools = [] } = request;
  if (request.toolChoice !== undefined) refuseRequest("toolChoice is set, and via: 'tool' makes a choice of its own.");
  if (tools.some((tool) => tool.name === name))
    refuseRequest(`A tool is named ${name}, as the answer is; name one otherwise.`);
  const tool = { name, description: shape.description ?? 'Gives the answer.', inputSchema: shape.schema };
  return { ...request, tools: [...tools, tool], toolChoice: { tool: name } };
}

function toolName({ name, schema: { title } }: AnswerShape): string {
  return name ?? (typeof title === 'string' && /^[\w-]{1,64}$/.test(title) ? title : 'answer');
}

function calledWith(turn: AssistantTurn, name: string): string {
  const call = toolCalls(turn.message).find((made) => made.name === name);
  if (!call) throw new MalformedOutputError(`The model did not call ${name}, which it was told to.`, turn);
  return call.argumentsText;
}

function parseAnswer(text: string, turn: AssistantTurn): JsonValue {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const calls = toolCalls(turn.message).map(({ name }) => name);
    const instead = calls.length > 0 ? `; the model called ${calls.join(', ')}` : '';
    throw new MalformedOutputError(`The answer is not JSON${instead}: ${JSON.stringify(text.slice(0, 80))}`, turn, {
      cause,
    });
  }
}

function validated<Value>(value: JsonValue, validate: (value: JsonValue) => Value, turn: AssistantTurn): Value {
  try {
    return validate(value);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new MalformedOutputError(`The answer is not what was asked for: ${words}`, turn, { cause });
  }
}
