import { stripVTControlCharacters } from 'node:util';

/** What the command is run from: a process, or a test. */
export interface Terminal {
  /** Characters on a line; `undefined` where there is no line to fill, such as in a file. */
  readonly width: number | undefined;
  readonly hasColour: boolean;
  /** Whether somebody looks at what is printed. */
  readonly isWatched: boolean;
  /** Prints a piece as it is; resolves when there is room for the next one. */
  write(piece: string): Promise<void>;
  /** Prints a line about what went wrong, or what to know. */
  complain(text: string): void;
  /** Shows how far long work is, in one line that each call replaces; nothing where nobody watches. The empty text takes it away. */
  progress(text: string): void;
}

/** The terminal of this process, or what stands in its place. */
export function processTerminal(): Terminal {
  const { stdout, stderr } = process;
  const { clear, show } = createProgressLine();
  return {
    width: stdout.isTTY ? stdout.columns : undefined,
    hasColour: stdout.isTTY && stdout.hasColors(),
    isWatched: stdout.isTTY,
    async write(piece) {
      clear();
      if (!stdout.write(piece)) await new Promise<void>((resolve) => stdout.once('drain', () => resolve()));
    },
    complain(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    progress: show,
  };
}

/** A line on standard error that is taken away before anything else is printed. */
function createProgressLine(): { readonly clear: () => void; readonly show: (text: string) => void } {
  const { stderr } = process;
  let isShown = false;
  const show = (text: string) => {
    if (!stderr.isTTY || (text === '' && !isShown)) return;
    isShown = text !== '';
    stderr.write(`\r\u001b[K${text.slice(0, stderr.columns - 1)}`);
  };
  return { clear: () => show(''), show };
}

/** A text from elsewhere on one line. What could steer a terminal shows as `?`. */
export function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu, '?');
}
