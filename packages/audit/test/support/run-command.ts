import { runCommandLine } from '../../src/cli/command-line.ts';

export interface CommandResult {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** The time at which commands run in tests. */
export const NOW: number = Date.UTC(2026, 10, 30, 12);

/** Runs `reprise-audit` in this process, with nobody watching unless told. */
export async function runCommand(
  args: readonly string[],
  watched: { readonly width?: number; readonly isWatched?: boolean } = {},
): Promise<CommandResult> {
  let output = '';
  let errors = '';
  const terminal = {
    width: watched.width,
    hasColour: false,
    isWatched: watched.isWatched ?? false,
    write: async (piece: string) => {
      output += piece;
    },
    complain: (text: string) => {
      errors += `${text}\n`;
    },
    progress: () => undefined,
  };
  const exitCode = await runCommandLine(['node', 'reprise-audit', ...args], { terminal, clock: () => NOW });
  return { exitCode, output, errors };
}
