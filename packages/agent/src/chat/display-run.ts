import { createDeltaRenderer, type RenderOptions } from '@reprise/providers';
import type { AgentEvent } from '../agent-event.ts';

/** Where text goes, such as `process.stdout`. */
export interface TextOutput {
  write(text: string): unknown;
}

/**
 * Shows a run while it goes on: text as it comes, `🧠` for each piece of thinking, `🔧 name` for each call, and `❌ name` for one that
 * failed. Resolves to the run's result; rejects as that does. Give it a run that nobody listens to: `displayRun(chat.stream('hi'), process.stdout)`.
 */
export async function displayRun<Result>(
  run: AsyncIterable<AgentEvent> & { result(): Promise<Result> },
  output: TextOutput,
  options: RenderOptions = {},
): Promise<Result> {
  const render = createDeltaRenderer(options);
  let isLineStart = true;
  const write = (text: string): void => {
    output.write(text);
    isLineStart = text.endsWith('\n');
  };
  for await (const event of run) {
    const text = render(event);
    if (text !== undefined) write(text);
    if (event.type === 'tool-end' && event.result.isError) write(`${isLineStart ? '' : '\n'}❌ ${event.call.name}\n`);
  }
  if (!isLineStart) output.write('\n');
  return run.result();
}
