import {
  type AgentOptions,
  type AgentState,
  type ApprovalRequest,
  createAgent,
  type Run,
  type Session,
  type Tool,
  type ToolOptions,
  tool,
} from '@reprise/agent';
import type { CheckpointStore } from '@reprise/checkpoint';
import type { ToolResultBlock } from '@reprise/providers';
import { z } from 'zod';
import { type ScriptedModel, type Step, scriptedModel } from './scripted-stream.ts';

const inputSchema = z.object({ amount: z.number().optional() });
type Input = z.infer<typeof inputSchema>;

/** A tool that nobody runs unasked, and what it was run with. */
export function guardedTool(name = 'pay', options: Partial<ToolOptions<Input>> = {}): { ran: Input[]; tool: Tool } {
  const ran: Input[] = [];
  const run = (input: Input) => {
    ran.push(input);
    return `${name} ran`;
  };
  return {
    ran,
    tool: tool<Input>({ name, description: 'Does harm.', input: inputSchema, needsApproval: true, run, ...options }),
  };
}

export interface ApprovalPlay {
  readonly session: Session;
  readonly model: ScriptedModel;
}

/** A session of that store, as a process opens it whose model plays these steps. */
export async function openPlay(
  store: CheckpointStore,
  steps: readonly Step[],
  options: Omit<Partial<AgentOptions>, 'model'> & { readonly id?: string },
): Promise<ApprovalPlay> {
  const { id = 's', ...agentOptions } = options;
  const model = scriptedModel(...steps);
  return { model, session: await createAgent({ ...agentOptions, model }).openSession(store, { id }) };
}

/** What a run asks approvals for, and how it ends. */
export async function play(run: Run): Promise<{
  readonly asked: readonly ApprovalRequest[];
  readonly reason: string;
  readonly error: Error | undefined;
  readonly types: readonly string[];
}> {
  const asked: ApprovalRequest[] = [];
  const types: string[] = [];
  let [reason, error]: [string, Error | undefined] = ['', undefined];
  for await (const event of run) {
    types.push(event.type);
    if (event.type === 'approval-needed') asked.push(event.approval);
    if (event.type === 'run-end') [reason, error] = [event.reason, event.error];
  }
  return { asked, reason, error, types };
}

/** The texts of all results in the history, in order. */
export function resultTexts({ messages }: AgentState): readonly string[] {
  return messages.flatMap((message) => (message.role === 'tool' ? message.content.map(resultText) : []));
}

function resultText({ content }: ToolResultBlock): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}
