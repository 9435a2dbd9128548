/** Lines of at most `width` characters, broken between words but not before a percent sign, and inside a word only if it is longer than a line. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/ (?!%)/).flatMap((whole) => pieces(whole, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A name from elsewhere, cut to `width` characters. What is not printable ASCII could steer a terminal and shows as `?`. */
export function printable(name: string, width: number): string {
  const safe = name.replace(/[^\x20-\x7e]/g, '?');
  return safe.length <= width ? safe : `${safe.slice(0, width - 1)}…`;
}

/** A text from elsewhere. What is not printable ASCII could steer a terminal and is written as JSON would, such as `\\u00e9`. */
export function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function pieces(word: string, width: number): readonly string[] {
  return word.length <= width ? [word] : [word.slice(0, width), ...pieces(word.slice(width), width)];
}
