import { type LooseStreamEvent, modelFromStream } from '@reprise/agent';
import { type AssistantBlock, ProviderError, type ProviderErrorCode, toolCallBlock } from '@reprise/providers';
import {
  describeModelConformance,
  type ModelHarness,
  type ScriptedAnswer,
  type ScriptedBlock,
  type ScriptedFailure,
  scriptedStopReason,
} from '@reprise/providers/testing';

describeModelConformance('a model of a stream function', {
  lacks: ['body', 'statuses'],
  async open(answers) {
    const requests: string[] = [];
    let openResponses = 0;
    const model = modelFromStream({
      id: 'own',
      async *stream(request, { signal }) {
        requests.push(JSON.stringify(request));
        openResponses += 1;
        try {
          yield* play(answers[Math.min(requests.length, answers.length) - 1] ?? 'silence', signal);
        } finally {
          openResponses -= 1;
        }
      },
    });
    return { model, requests: () => requests, openResponses: () => openResponses, close: async () => {} };
  },
} satisfies ModelHarness);

async function* play(answer: ScriptedAnswer, signal: AbortSignal | undefined): AsyncGenerator<LooseStreamEvent> {
  if (answer === 'silence') return await silence(signal);
  if ('status' in answer) throw failure(answer);
  const { content, ending = 'whole', usage } = answer;
  for (const [index, block] of content.entries()) {
    yield* deltas(block, index);
    if (ending === 'whole' || index < content.length - 1) {
      yield { type: 'block-end', blockIndex: index, block: blockOf(block) };
    }
  }
  if (ending === 'silent') return await silence(signal);
  if (ending === 'broken') throw new Error('socket hang up');
  if (ending === 'cut') return;
  const { cacheWrite, ...counts } = usage ?? {};
  const writes = cacheWrite === undefined ? {} : { cacheWrite: { '5m': cacheWrite } };
  yield {
    type: 'assistant-turn',
    turn: {
      message: { role: 'assistant', content: content.map(blockOf) },
      stopReason: scriptedStopReason(answer),
      ...(usage ? { tokens: { ...counts, ...writes }, rawUsage: usage } : {}),
    },
  };
}

function* deltas(block: ScriptedBlock, blockIndex: number): Generator<LooseStreamEvent> {
  if (block.type === 'text') {
    for (const text of block.pieces) yield { type: 'text-delta', blockIndex, text };
    return;
  }
  const { id, name } = block;
  for (const argumentsText of ['', ...block.pieces]) {
    yield { type: 'tool-call-delta', blockIndex, id, name, argumentsText };
  }
}

function blockOf(block: ScriptedBlock): AssistantBlock {
  const text = block.pieces.join('');
  return block.type === 'text' ? { type: 'text', text } : toolCallBlock(block.id, block.name, text);
}

function failure({ status, message, retryAfterSeconds }: ScriptedFailure): ProviderError {
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 };
  return new ProviderError(FAILURES[status] ?? 'provider/server', message, wait);
}

const FAILURES: Readonly<Record<number, ProviderErrorCode>> = {
  400: 'provider/invalid-request',
  401: 'provider/auth',
  429: 'provider/rate-limited',
  529: 'provider/overloaded',
};

/** Nothing, until the signal says stop. */
function silence(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}
