import {
  type AnswerShape,
  type AssistantTurn,
  completeStructured,
  type JsonObject,
  type JsonValue,
  MalformedOutputError,
  type Model,
} from '@reprise/providers';
import { AgentError } from '../errors.ts';
import type { RunResult } from '../run-handle.ts';
import type { AgentOptions } from '../settings.ts';
import { readInputSchema, type ToolInputSchema } from '../tools/input-schema.ts';
import { stop } from '../tools/stop.ts';
import { type Tool, tool } from '../tools/tool.ts';
import { closeObjects } from './close-objects.ts';
import { withStream } from './with-stream.ts';

/** What an answer has to be: a schema that validates and describes itself, such as one of zod 4, or a JSON Schema. Of an object. */
export type AnswerSchema<Value> = ToolInputSchema<Value> | JsonObject;

/** How an answer is asked for. */
export interface AnswerOptions {
  /** Up to 64 letters, digits, `_` and `-`. Default: the schema's title; for a tool `answer`. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /**
   * `output` (default) holds the model's text to the schema. `tool` has it make one call, whose arguments are the answer: for models that can
   * be held to no schema. Then the chat's own tools are not used, and what was cached of the conversation is not read.
   */
  readonly via?: 'output' | 'tool' | undefined;
}

/** An answer that is about to be asked for. */
export interface AnswerPlan<Value> {
  /** The options of the run that asks for it. */
  adapt(options: AgentOptions): AgentOptions;
  /** The value of the run's last turn. Rejects with a `MalformedOutputError`, or `agent/no-answer` if no model was asked. */
  read(run: Pick<RunResult, 'turns' | 'reason'>): Promise<Value>;
}

/** Throws `agent/invalid-option` for a schema that cannot describe itself, or that does not describe an object. */
export function planAnswer<Value>(schema: AnswerSchema<Value>, options: AnswerOptions): AnswerPlan<Value> {
  const { via = 'output', name = via === 'tool' ? 'answer' : undefined, description } = options;
  const { schema: described, check } = readInputSchema(name ?? 'answer', schema);
  const shape: AnswerShape = {
    schema: '~standard' in schema ? closeObjects(described) : described,
    via,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
  };
  return {
    adapt: via === 'tool' ? (agent) => askForCall(agent, shape) : (agent) => askForText(agent, shape),
    async read({ turns, reason }) {
      const turn = turns.at(-1);
      if (!turn) throw new AgentError('agent/no-answer', `The run ended (${reason}) before a model was asked.`);
      const { value } = await completeStructured(modelThatSaid(turn), { messages: [] }, shape);
      return fitted(value, check, turn);
    },
  };
}

function askForText(agent: AgentOptions, { schema, name, description }: AnswerShape): AgentOptions {
  const words = {
    ...(name === undefined ? {} : { title: name }),
    ...(description === undefined ? {} : { description }),
  };
  return { ...agent, output: { ...schema, ...words } };
}

/** One request, whose call ends the run. */
function askForCall(agent: AgentOptions, { name = 'answer', description, schema }: AnswerShape): AgentOptions {
  const { model, tools = [] } = agent;
  if (typeof model === 'string') throw new AgentError('agent/broken-model', `Model ${model} was not resolved.`);
  const answer = answerTool(name, description, schema);
  return { ...agent, model: withForcedTool(model, name), tools: [...tools, answer], forceText: 'off' };
}

/** It takes any object: what does not fit is told to whoever asked, not to the model. */
function answerTool(name: string, description = 'Gives the answer.', inputSchema: JsonObject): Tool {
  const run = () => stop('The answer was taken.');
  const taker = tool({ name, description, input: { type: 'object' }, effect: 'pure', run });
  return { ...taker, definition: { name, description, inputSchema } };
}

/** The tool stands after the others: what a cache keeps of them stays as it was. */
function withForcedTool(model: Model, name: string): Model {
  return withStream(model, ({ tools = [], ...request }, options) => {
    const ordered = tools.toSorted((a, b) => Number(a.name === name) - Number(b.name === name));
    return model.stream({ ...request, tools: ordered, toolChoice: { tool: name } }, options);
  });
}

/** A model that has answered already: a turn is read like a fresh one. */
function modelThatSaid(turn: AssistantTurn): Model {
  return {
    id: turn.model,
    family: turn.family,
    stream: () => ({
      turn: Promise.resolve(turn),
      async *[Symbol.asyncIterator]() {
        yield { type: 'assistant-turn', turn };
      },
    }),
    prefixBlocks: () => [],
    planMarks: () => [],
  };
}

async function fitted<Value>(
  value: JsonValue,
  check: (value: JsonValue) => Promise<Value>,
  turn: AssistantTurn,
): Promise<Value> {
  try {
    return await check(value);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new MalformedOutputError(`The answer is not what was asked for: ${words}`, turn, { cause });
  }
}
