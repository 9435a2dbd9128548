import { createHash } from 'node:crypto';
import type { ToolCallBlock } from '@reprise/providers';
import type { TurnPlace } from '../recorder.ts';
import type { Tool } from '../tools/tool.ts';

/** Everything that a decision is about. */
export interface ToolAct extends TurnPlace {
  /** The call's place among the calls of its turn: a model may give two of them the same id. */
  readonly position: number;
  readonly call: Pick<ToolCallBlock, 'name' | 'argumentsText'>;
  /** As it would run now. */
  readonly tool: Pick<Tool, 'definition' | 'effect'>;
}

/** Raised when the same act would be hashed otherwise: what was decided before then has to be asked for again. */
const VERSION = 1;

/**
 * The name of an act: `sha256:` and the digest of session, turn, position, tool with its definition and effect class, and arguments as
 * the model wrote them. An act that differs in one of these has another name.
 */
export function approvalId({ sessionId, turnId, position, call, tool }: ToolAct): string {
  const { name, description, inputSchema } = tool.definition;
  const definition = digest([name, description, inputSchema, tool.effect]);
  return digest([VERSION, sessionId, turnId, position, call.name, definition, call.argumentsText]);
}

function digest(parts: readonly unknown[]): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(parts, sortKeys)).digest('hex')}`;
}

/** The order of keys says nothing of a schema, and differs between releases of what made it. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
