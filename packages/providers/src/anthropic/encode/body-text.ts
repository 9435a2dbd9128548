import type { MessagesBody, WireMessage } from '../wire.ts';

/**
 * The JSON of a body, as `JSON.stringify` writes it. `known` are its messages as they were encoded: what they hold is written once for all
 * requests that hold them, run by run. Those of the body may differ from them, by a mark say, or be more.
 */
export function bodyText(body: MessagesBody, known: readonly WireMessage[]): string {
  const pieces = Object.entries(body).flatMap(([name, value]) =>
    name === 'messages' ? messagePieces(body.messages, known) : fieldPieces(name, value),
  );
  // In one go: the text is as long as the conversation, and each step more would copy it.
  return enclose('{', pieces, '}').join(',');
}

/** How many messages are kept as one text at most: the pieces of a long body are few, and a changed message costs no more than its run. */
const RUN_LENGTH = 64;

function messagePieces(messages: readonly WireMessage[], known: readonly WireMessage[]): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < messages.length; start += RUN_LENGTH) {
    const run = messages.slice(start, start + RUN_LENGTH);
    const other = run.findIndex((message, index) => message !== known[start + index]);
    const toKeep = other === -1 ? run : run.slice(0, other);
    if (toKeep.length > 0) pieces.push(keptText(toKeep));
    if (toKeep.length < run.length) pieces.push(textOf(run.slice(toKeep.length)));
  }
  return enclose('"messages":[', pieces, ']');
}

/** Messages that follow each other, and their text; by the first of them. */
const keptRuns = new WeakMap<WireMessage, { readonly run: readonly WireMessage[]; readonly text: string }>();

/** The text of a run, of which a longer one than the last that began with this message has only its new end to write. */
function keptText(run: readonly WireMessage[]): string {
  const [first] = run;
  const kept = first && keptRuns.get(first);
  const begun = kept?.run.every((message, index) => message === run[index]) ? kept : undefined;
  if (begun?.run.length === run.length) return begun.text;
  const text = begun ? `${begun.text},${textOf(run.slice(begun.run.length))}` : textOf(run);
  if (first) keptRuns.set(first, { run, text });
  return text;
}

function textOf(run: readonly WireMessage[]): string {
  return run.map((message) => JSON.stringify(message)).join(',');
}

/** None for what cannot be JSON. */
function fieldPieces(name: string, value: unknown): string[] {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
}

/** Puts something before the first piece and behind the last, in place. */
function enclose(open: string, pieces: string[], close: string): string[] {
  pieces[0] = `${open}${pieces[0] ?? ''}`;
  pieces.push(`${pieces.pop()}${close}`);
  return pieces;
}
