/** Text that comes in pieces, wrapped between words as it comes. */
export interface TextFlow {
  push(text: string): void;
  /** Writes what is still held back. */
  end(): void;
}

export interface TextFlowOptions {
  /** In characters, the indentation included. */
  readonly width: number;
  /** Spaces before every line but the first. */
  readonly indent: number;
  write(text: string): void;
}

/** A flow that begins at column `indent`. A word is held back until it is whole. */
export function createTextFlow({ width, indent, write }: TextFlowOptions): TextFlow {
  let column = indent;
  let spaces = '';
  let word = '';

  function breakLine(): void {
    write('\n');
    column = 0;
    spaces = '';
  }

  function put(text: string): void {
    const margin = ' '.repeat(Math.max(0, indent - column));
    write(`${margin}${text}`);
    column += margin.length + lengthOf(text);
  }

  function endWord(): void {
    for (const piece of piecesOf(word, width - indent)) {
      if (Math.max(column, indent) + spaces.length + lengthOf(piece) > width) {
        if (column > indent) breakLine();
        spaces = '';
      }
      put(`${spaces}${piece}`);
      spaces = '';
    }
    word = '';
  }

  return {
    push(text) {
      for (const character of printable(text)) {
        if (!/\s/.test(character)) word += character;
        else {
          endWord();
          if (character === '\n') breakLine();
          else spaces += ' ';
        }
      }
    },
    end: endWord,
  };
}

/** A text as one wrapped block, its first line at column `indent`, too. */
export function wrapText(text: string, options: Omit<TextFlowOptions, 'write'>): string {
  let wrapped = '';
  const flow = createTextFlow({ ...options, write: (piece) => (wrapped += piece) });
  flow.push(text);
  flow.end();
  return wrapped;
}

/** Without what could steer a terminal: files and models say anything. */
export function printable(text: string): string {
  return text.replaceAll('\t', '  ').replaceAll(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/gu, '');
}

function piecesOf(word: string, width: number): readonly string[] {
  const characters = [...word];
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += width)
    pieces.push(characters.slice(start, start + width).join(''));
  return pieces;
}

function lengthOf(text: string): number {
  return [...text].length;
}
