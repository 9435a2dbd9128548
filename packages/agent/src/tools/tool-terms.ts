import { AgentError } from '../errors.ts';

/** How the tools of a turn are run. */
export interface ToolRunOptions {
  /** How many calls of a turn run at once; see `parallel` of a tool, too. Their results stand in the order of the calls. Default 8. */
  readonly toolParallelism?: number;
  /**
   * What follows when a tool throws or takes too long. With `return`, the default, the model is given the error and the run goes on. With
   * `throw` the run ends with the tool's own error: the error result is recorded, calls that are running come to their end, and the others
   * of the turn are not begun. A call that the model got wrong, of an unknown tool or with arguments that do not fit, always goes back to
   * it.
   */
  readonly onToolError?: 'return' | 'throw';
  /**
   * Whether the model may pass an earlier result on to a tool by name instead of writing it again. Each result then begins with its name,
   * and the system prompt ends with how to use it. Default `false`.
   */
  readonly toolRefs?: boolean;
}

export type ToolTerms = Required<ToolRunOptions>;

/** The options with their defaults. Throws `agent/invalid-option`. */
export function checkToolTerms({
  toolParallelism = 8,
  onToolError = 'return',
  toolRefs = false,
}: ToolRunOptions): ToolTerms {
  if (!Number.isInteger(toolParallelism) || toolParallelism < 1) {
    throw new AgentError(
      'agent/invalid-option',
      `toolParallelism is ${toolParallelism}; it must be a whole number of at least 1.`,
    );
  }
  if (!['return', 'throw'].includes(onToolError)) {
    throw new AgentError('agent/invalid-option', `onToolError is ${onToolError}; it must be 'return' or 'throw'.`);
  }
  if (typeof toolRefs !== 'boolean') {
    throw new AgentError('agent/invalid-option', `toolRefs is ${toolRefs}; it must be true or false.`);
  }
  return { toolParallelism, onToolError, toolRefs };
}
