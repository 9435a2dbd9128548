import { mapGrowing } from '../../frozen.ts';
import type { MessagesBody, WireMessage } from '../wire.ts';

/**
 * The JSON of a body, as `JSON.stringify` writes it. `known` are its messages as they were encoded, which are written once for all requests
 * that hold them; those of the body may differ from them, by a mark say, or be more.
 */
export function bodyText(body: MessagesBody, known: readonly WireMessage[]): string {
  const pieces = Object.entries(body).flatMap(([name, value]) =>
    name === 'messages' ? messagePieces(body.messages, known) : fieldPieces(name, value),
  );
  // In one go: the text is as long as the conversation, and each step more would copy it.
  return enclose('{', pieces, '}').join(',');
}

function messagePieces(messages: readonly WireMessage[], known: readonly WireMessage[]): string[] {
  const texts = textOfEach(known);
  const pieces = messages.map(
    (message, index) => (message === known[index] ? texts[index] : undefined) ?? JSON.stringify(message),
  );
  return enclose('"messages":[', pieces, ']');
}

const textOfEach = mapGrowing((message: WireMessage) => [JSON.stringify(message)]);

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
