import type { JsonValue, ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import { inTime } from './in-time.ts';
import { ToolInputError } from './input-schema.ts';
import type { PreparedCall, Tool } from './tool.ts';
import { type NamedResults, namesIn, readValue, withResults } from './tool-refs.ts';
import { errorResult } from './tool-result.ts';

export type CheckedCall =
  | { readonly tool: Tool; readonly prepared: PreparedCall }
  | {
      /** Why the call cannot run. */
      readonly result: ToolResultBlock;
      /** Present if that is the tool's fault and not the model's. */
      readonly failure?: Error;
    };

export interface CheckOptions {
  readonly tools: readonly Tool[];
  readonly signal: AbortSignal;
  /** What the model may pass on by name. Absent: a name is a text like any other. */
  readonly named?: NamedResults;
}

/** Whether a call can run: there is such a tool, and the arguments fit its schema. Never rejects; also after an abort it has a result. */
export async function checkCall(call: ToolCallBlock, options: CheckOptions): Promise<CheckedCall> {
  const tool = toolOf(call, options);
  if (!tool) return { result: errorResult(call, `There is no tool named ${call.name}. ${namesOfTools(options)}`) };
  const parsed = parseArguments(call.argumentsText);
  if ('problem' in parsed) return { result: errorResult(call, `The arguments are not valid JSON: ${parsed.problem}`) };
  const { input } = parsed;
  try {
    const names = options.named ? namesIn(input) : [];
    const unknown = names.find((name) => !options.named?.has(name));
    if (unknown !== undefined) return { result: errorResult(call, `Tool result '${unknown}' not found!`) };
    const prepare = () => (names.length > 0 ? prepareNamed(tool, input, options.named) : tool.prepare(input));
    return { tool, prepared: await inTime(tool.timeoutMs, options.signal, prepare) };
  } catch (error) {
    if (!(error instanceof ToolInputError)) return failed(call, error, options.signal);
    return { result: errorResult(call, `The arguments do not fit the schema: ${error.message}`) };
  }
}

/** The tool that a call names. */
export function toolOf(call: Pick<ToolCallBlock, 'name'>, { tools }: Pick<CheckOptions, 'tools'>): Tool | undefined {
  return tools.find(({ definition }) => definition.name === call.name);
}

/** What an event tells of the effect class of a call; nothing where there is no such tool. */
export function effectOf(
  call: Pick<ToolCallBlock, 'name'>,
  options: Pick<CheckOptions, 'tools'>,
): Pick<Partial<Tool>, 'effect'> {
  const tool = toolOf(call, options);
  return tool ? { effect: tool.effect } : {};
}

/** The result of a call that failed, and whose fault that was: after an abort it is nobody's. */
export function failed(
  call: ToolCallBlock,
  error: unknown,
  signal: AbortSignal,
): { readonly result: ToolResultBlock; readonly failure?: Error } {
  const failure = error instanceof Error ? error : new Error(String(error), { cause: error });
  const result = errorResult(call, failure.message || 'The tool failed without a message.');
  return signal.aborted ? { result } : { result, failure };
}

/** How many tools are named to a model that asks for one that is not there. */
const MAX_NAMES = 20;

function namesOfTools({ tools }: Pick<CheckOptions, 'tools'>): string {
  const names = tools.map(({ definition }) => definition.name).toSorted();
  if (names.length === 0) return 'There are no tools.';
  const rest = names.length - MAX_NAMES;
  return `The tools are: ${names.slice(0, MAX_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`;
}

/** Plain values, as a tool expects them; `call.arguments` may hold numbers kept as text for replay. */
function parseArguments(argumentsText: string): { readonly input: JsonValue } | { readonly problem: string } {
  if (argumentsText.trim() === '') return { input: {} };
  try {
    return { input: JSON.parse(argumentsText) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** A tool that takes a text gets the text, even of a result that is JSON; what it says of the value is what the model is told. */
async function prepareNamed(tool: Tool, input: JsonValue, named: NamedResults = new Map()): Promise<PreparedCall> {
  const textOf = (name: string) => named.get(name) ?? '';
  try {
    return await tool.prepare(withResults(input, (name) => readValue(textOf(name))));
  } catch (error) {
    if (!(error instanceof ToolInputError)) throw error;
    return await tool.prepare(withResults(input, textOf)).catch(() => Promise.reject(error));
  }
}
