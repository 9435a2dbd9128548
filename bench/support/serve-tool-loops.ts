import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface ToolLoopServer {
  readonly url: string;
  /** The base URL of a conversation that begins anew. */
  conversation(): string;
  close(): void;
}

/** How fast an answer comes, and how long it is. Default: 40 deltas at once. */
export interface Pace {
  readonly deltaMs: number;
  readonly deltas: number;
}

/** Starts `tool-loop-process.ts` in a process of its own, so that what it costs is not measured. */
export async function serveToolLoops(
  toolTurns: number,
  { deltaMs, deltas }: Pace = { deltaMs: 0, deltas: 40 },
): Promise<ToolLoopServer> {
  const numbers = [toolTurns, deltaMs, deltas].map(String);
  const args = [join(import.meta.dirname, 'tool-loop-process.ts'), ...numbers];
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  const { url } = JSON.parse(String(line));
  let conversations = 0;
  return {
    url,
    conversation() {
      conversations += 1;
      return `${url}/${conversations}`;
    },
    close: () => void server.stdin.end(),
  };
}
