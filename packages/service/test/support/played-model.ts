import { modelFromStream } from '@reprise/agent';
import { type AssistantBlock, type Model, type ModelRequest, toolCallBlock } from '@reprise/providers';

/** A piece of an answer, in the order it comes. */
export type Piece =
  | { readonly text: string }
  | { readonly thinking: string }
  | { readonly call: readonly [id: string, name: string, argumentsText: string] }
  /** What the model waits for before it goes on. */
  | { readonly until: Promise<unknown> }
  | { readonly fail: string };

export interface PlayedModel extends Model {
  readonly requests: readonly ModelRequest[];
}

/** A model that plays answers piece by piece, each piece in two deltas; it fails on a call too many. */
export function playedModel(...answers: readonly (readonly Piece[])[]): PlayedModel {
  const requests: ModelRequest[] = [];
  const model = modelFromStream({
    id: 'played',
    async *stream(request, { signal }) {
      const pieces = answers[requests.length];
      requests.push(request);
      if (!pieces) throw new Error(`There are ${answers.length} answers; this is call ${requests.length}.`);
      const content: AssistantBlock[] = [];
      for (const piece of pieces) {
        if ('until' in piece) await untilOr(piece.until, signal);
        else if ('fail' in piece) throw new Error(piece.fail);
        else {
          yield* deltasOf(piece, content.length);
          const block = blockOf(piece);
          yield { type: 'block-end', blockIndex: content.length, block };
          content.push(block);
        }
      }
      yield { type: 'assistant-turn', turn: turnOf(content) };
    },
  });
  return { ...model, requests, stream: (request, options) => model.stream(request, { retry: false, ...options }) };
}

type Said = Exclude<Piece, { readonly until: unknown } | { readonly fail: unknown }>;

function* deltasOf(piece: Said, blockIndex: number) {
  if ('call' in piece) {
    const [id, name, argumentsText] = piece.call;
    for (const text of ['', ...halves(argumentsText)]) {
      yield { type: 'tool-call-delta', blockIndex, id, name, argumentsText: text } as const;
    }
  } else if ('text' in piece) {
    for (const text of halves(piece.text)) yield { type: 'text-delta', blockIndex, text } as const;
  } else for (const text of halves(piece.thinking)) yield { type: 'thinking-delta', blockIndex, text } as const;
}

function halves(text: string): readonly string[] {
  const middle = Math.floor(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)].filter((half) => half !== '');
}

function blockOf(piece: Said): AssistantBlock {
  if ('call' in piece) return toolCallBlock(...piece.call);
  return 'text' in piece ? { type: 'text', text: piece.text } : { type: 'thinking', text: piece.thinking };
}

function turnOf(content: readonly AssistantBlock[]) {
  const calls = content.some(({ type }) => type === 'tool-call');
  return {
    message: { role: 'assistant', content },
    stopReason: calls ? 'tool-use' : 'end-turn',
    tokens: { fresh: 10, cacheRead: 5, output: 3 },
  } as const;
}

function untilOr(until: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  const aborted = new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([until, aborted]);
}
