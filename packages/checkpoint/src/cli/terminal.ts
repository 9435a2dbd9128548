import { stripVTControlCharacters, styleText } from 'node:util';

/** What a command is run from: a process, or a test. */
export interface Terminal {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Prints a line, or several. */
  print(text: string): void;
  /** Prints pieces as they are, as fast as they are read. */
  pipe(pieces: AsyncIterable<string>): Promise<void>;
  /** Prints a line about what went wrong. */
  complain(text: string): void;
  /** Shows how far long work is, in one line that each call replaces; nothing where nobody watches. The empty text takes it away. */
  progress(text: string): void;
  /** The text as a heading, where that can be shown. */
  heading(text: string): string;
}

/** The terminal of this process, or what stands in its place. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    stdin,
    print: (text) => void stdout.write(`${text}\n`),
    pipe: async (pieces) => {
      for await (const piece of pieces) {
        if (!stdout.write(piece)) await new Promise<void>((resolve) => stdout.once('drain', () => resolve()));
      }
    },
    complain: (text) => void stderr.write(`${text}\n`),
    progress: (text) => {
      if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`);
    },
    heading: (text) => styleText('bold', text, { stream: stdout }),
  };
}

/** A text from elsewhere on one line, at most `width` characters of it. What could steer a terminal shows as `?`. */
export function printable(text: string, width: number = Number.POSITIVE_INFINITY): string {
  const line = stripVTControlCharacters(text)
    .replace(/\s+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]/gu, '?');
  const characters = Array.from(line);
  return characters.length <= width ? line : `${characters.slice(0, width - 1).join('')}…`;
}
