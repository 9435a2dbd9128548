/**
 * The path of the innermost value of a JSON text that a character stands in, such as `.input_schema.properties.a` or `.content[0].text`;
 * empty for the whole. A field's name stands in its value, brackets and commas in what they belong to. The text is JSON without blanks
 * between its tokens.
 */
export function pathAt(json: string, at: number): string {
  const open: Container[] = [];
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    const top = open.at(-1);
    const isValue = !PUNCTUATION.has(token);
    if (top && isValue && top.step === undefined) top.step = top.isArray ? `[${top.count}]` : fieldStep(token);
    if (index + token.length > at) return pathOf(open) + (isValue || token === ':' ? lastStep(open) : '');
    if (token === '{' || token === '[') open.push({ isArray: token === '[', count: 0, step: undefined });
    if (token === '}' || token === ']') open.pop();
    if (token === ',' && top) {
      top.count += 1;
      top.step = undefined;
    }
  }
  return '';
}

interface Container {
  readonly isArray: boolean;
  /** Values before the one that is being read. */
  count: number;
  /** The way to the value that is being read; `undefined` between two of them. */
  step: string | undefined;
}

const PUNCTUATION: ReadonlySet<string> = new Set(['}', ']', ',', ':']);

/** Texts, numbers and words, and each piece of punctuation. */
const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^{}[\],:"]+/gs;

function fieldStep(name: string): string {
  const plain = name.slice(1, -1);
  return /^[A-Za-z_$][\w$-]*$/.test(plain) ? `.${plain}` : `[${name}]`;
}

/** The way to the innermost container. */
function pathOf(open: readonly Container[]): string {
  return open
    .slice(0, -1)
    .map(({ step = '' }) => step)
    .join('');
}

function lastStep(open: readonly Container[]): string {
  return open.at(-1)?.step ?? '';
}
