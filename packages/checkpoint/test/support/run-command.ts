import { runCommandLine } from '../../src/cli/command-line.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs `reprise-checkpoint` in this process, with nobody watching. */
export async function runCommand(args: readonly string[], stdin: string | Uint8Array = ''): Promise<CommandResult> {
  let output = '';
  let errors = '';
  const exitCode = await runCommandLine(['node', 'reprise-checkpoint', ...args], {
    stdin: (async function* () {
      yield Buffer.from(stdin);
    })(),
    print: (text) => {
      output += `${text}\n`;
    },
    pipe: async (pieces) => {
      for await (const piece of pieces) output += piece;
    },
    complain: (text) => {
      errors += `${text}\n`;
    },
    progress: () => undefined,
    heading: (text) => text,
  });
  return { exitCode, output, errors };
}
