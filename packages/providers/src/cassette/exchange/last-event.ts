/**
 * Whether a body has got to the event after which its vendor says nothing more: a client may leave then without waiting for
 * the end, as OpenAI's does after `[DONE]` (2026-11).
 */
export function endsWithLastEvent(bytes: Uint8Array): boolean {
  const body = trimEnd(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const eventStart = Math.max(body.lastIndexOf('\n\n'), body.lastIndexOf('\r\n\r\n'), 0);
  // A body may be longer than any string, so only what tells is made one.
  const event = body.toString('latin1', eventStart, eventStart + LONGEST_BEGINNING).trimStart();
  if (LAST_SSE_EVENT.test(event)) return true;
  const line = body.subarray(body.lastIndexOf('\n') + 1);
  return line.length <= LONGEST_LINE && LAST_JSON_LINE.test(line.toString('latin1'));
}

const LAST_SSE_EVENT = /^(data: ?\[DONE\]|event: ?(message_stop|response\.(completed|failed|incomplete))\r?\n)/;
const LONGEST_BEGINNING = 100;
/** Ollama's. Its servers may repeat the context, some hundred kilobytes of numbers. */
const LAST_JSON_LINE = /^\{.*"done": ?true\b.*\}$/;
const LONGEST_LINE = 2 ** 22;

function trimEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] ?? 0) <= SPACE) end -= 1;
  return bytes.subarray(0, end);
}

const SPACE = 0x20;
