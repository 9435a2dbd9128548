import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs Node with these arguments in a process of its own, and reads what it prints as JSON. Rejects with what it wrote to stderr. */
export async function runProcess(args: readonly string[], cwd?: string): Promise<unknown> {
  const { stdout } = await execute(process.execPath, args, { ...(cwd && { cwd }) });
  return JSON.parse(stdout);
}
