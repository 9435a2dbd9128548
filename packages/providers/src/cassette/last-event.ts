/**
 * Whether a body has got to the event after which its vendor says nothing more: a client may leave then without waiting for
 * the end, as OpenAI's does after `[DONE]` (2026-11).
 */
export function endsWithLastEvent(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString().trimEnd();
  const event = text.slice(Math.max(text.lastIndexOf('\n\n'), text.lastIndexOf('\r\n\r\n'), 0)).trim();
  return LAST_SSE_EVENT.test(event) || LAST_JSON_LINE.test(text.slice(text.lastIndexOf('\n') + 1));
}

const LAST_SSE_EVENT = /^(data: ?\[DONE\]|event: ?(message_stop|response\.(completed|failed|incomplete))\r?\n)/;
/** Ollama's. */
const LAST_JSON_LINE = /^\{.*"done": ?true\b.*\}$/;
