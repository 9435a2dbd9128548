import {
  type AssistantTurn,
  countOrZero,
  type Model,
  type ModelRequest,
  promptTokenCount,
  type StreamEvent,
} from '@reprise/providers';
import { estimateNextRequest } from './context/estimate-request.ts';

/**
 * What a response has probably used whose vendor did not tell to the end, in tokens. Within a factor of two where its text is prose, code
 * or JSON. For people who want to know what an abort has cost: no total, ledger row or price holds it.
 */
export interface UsageEstimate {
  /** Cached or not. As the vendor reported it, if it did that much. */
  readonly promptTokens: number;
  /** At least what the vendor reported. Thoughts that it did not show are not in it. */
  readonly outputTokens: number;
}

/** A token is about so many bytes of text, for every vendor's tokenizer. */
const BYTES_PER_TOKEN = 4;

/** How much of an answer an event brings, in bytes. */
export function bytesReceived(event: StreamEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'thinking-delta':
      return Buffer.byteLength(event.text);
    case 'tool-call-delta':
      // The name comes with the event that opens the call.
      return Buffer.byteLength(event.argumentsText === '' ? event.name : event.argumentsText);
    default:
      return 0;
  }
}

/** `undefined` for a turn whose vendor has said its last word on it. `receivedBytes` is what the stream brought, kept in the turn or not. */
export function estimateUsage(
  { usageState, tokens, timing }: AssistantTurn,
  asked: { readonly model: Model; readonly request: ModelRequest; readonly receivedBytes: number },
): UsageEstimate | undefined {
  if (usageState === 'final') return undefined;
  const { model, request, receivedBytes } = asked;
  const reported = promptTokenCount(tokens);
  const isReported = reported !== 'not-reported';
  return {
    promptTokens: isReported ? reported : estimateNextRequest({ model, request, at: timing.startedAt }).prompt.expected,
    outputTokens: Math.max(countOrZero(tokens.output), Math.ceil(receivedBytes / BYTES_PER_TOKEN)),
  };
}
