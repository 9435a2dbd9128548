import { isOpening, OPENINGS } from './grammar.ts';

/** Gives a text that comes in pieces the backslashes of `escapeText`. */
export interface LineEscaper {
  /** What of the text so far can be shown: the beginning of a line that may yet look like an element waits for more. */
  add(piece: string): string;
  /** What still waits. A new line begins after it. */
  end(): string;
}

export function createLineEscaper(): LineEscaper {
  /** The line so far, while it may still become an opening. */
  let held: string | undefined = '';

  function addToLine(piece: string): string {
    if (held === undefined) return piece;
    const line = held + piece;
    const begins = line.replace(/^\\+/, '');
    held = OPENINGS.some((opening) => opening !== begins && opening.startsWith(begins)) ? line : undefined;
    if (held !== undefined) return '';
    return isOpening(begins) ? `\\${line}` : line;
  }

  function endLine(): string {
    const rest = held ?? '';
    held = '';
    return rest;
  }

  return {
    add(piece) {
      const [first = '', ...lines] = piece.split('\n');
      return [addToLine(first), ...lines.map((line) => `${endLine()}\n${addToLine(line)}`)].join('');
    },
    end: endLine,
  };
}
