import { describe, expect, it } from 'vitest';
import type { StopReason } from '../src/assistant-turn.ts';
import { ProviderError } from '../src/errors.ts';
import { singly } from '../src/transport/read-stream.ts';
import { type DecodedTurn, sendExchange } from '../src/transport/send.ts';

const MESSAGE = { role: 'assistant', content: [{ type: 'text', text: 'Half an ans' }] } as const;

async function* oneEvent(): AsyncGenerator<string> {
  yield 'event';
}

function endingWith(stopReason: Exclude<StopReason, 'aborted' | 'error'>) {
  return Array.fromAsync(
    sendExchange({
      open: async () => singly(oneEvent()),
      decoder: { decode: () => [], finish: (): DecodedTurn => ({ message: MESSAGE, stopReason }) },
      readError: (error) => new ProviderError('provider/network', String(error)),
      warnings: [],
    }),
  );
}

describe('an answer that did not end by its own will (L-46)', () => {
  it.each(['max-tokens', 'refusal', 'content-filter', 'context-window'] as const)(
    'warns of %s right before its turn, whose text stays as it is',
    async (stopReason) => {
      const events = await endingWith(stopReason);
      expect(events).toMatchObject([
        { type: 'warning', code: `response/${stopReason}` },
        { type: 'assistant-turn', turn: { stopReason, message: MESSAGE } },
      ]);
    },
  );

  it.each(['end-turn', 'tool-use', 'stop-sequence', 'pause'] as const)('does not warn of %s', async (stopReason) => {
    expect((await endingWith(stopReason)).map(({ type }) => type)).toEqual(['assistant-turn']);
  });
});
