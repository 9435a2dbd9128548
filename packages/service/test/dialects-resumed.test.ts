import { HttpAgent } from '@ag-ui/client';
import { foldRun, messagesOf, type RunEvent, type RunEventBody } from '@reprise/service/client';
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAgUiEncoder } from '../src/dialects/ag-ui/encode-ag-ui.ts';
import { createUiEncoder } from '../src/dialects/ai-sdk/encode-ui.ts';
import { heard, spoken } from './support/heard-run.ts';
import { type Piece, playedModel } from './support/played-model.ts';
import { echo, plays } from './support/plays.ts';
import { NO_TOTALS } from './support/run-rows.ts';

/** The places behind which everything is committed: the input, a turn, a whole round of results. */
function commits(events: readonly RunEvent[]): readonly number[] {
  return events.flatMap(({ type }, index) => {
    const next = events[index + 1]?.type;
    const isRound = type === 'tool-end' && next !== 'tool-start' && next !== 'tool-end';
    return type === 'run-start' || type === 'turn-end' || isRound ? index + 1 : [];
  });
}

/**
 * The run as it would be heard if its process had died: `told` events were durable by then, and the conversation was as behind the first
 * `committed` of them. What had not been committed is said again.
 */
function takenOver(events: readonly RunEvent[], told: number, committed: number): readonly RunEvent[] {
  const messages = messagesOf(foldRun(events.slice(0, committed)));
  const resumed: RunEventBody = { type: 'run-resumed', attempt: 2, messages, totals: NO_TOTALS };
  return [...events.slice(0, told), resumed, ...events.slice(committed)].map((event, index) => ({
    ...event,
    number: index + 1,
  }));
}

async function runOf(answers: readonly (readonly Piece[])[]): Promise<readonly RunEvent[]> {
  const service = spoken({ model: playedModel(...answers), tools: [echo] });
  const events = await heard(service, 'talk', 'Hi');
  await service.handler.close();
  return events;
}

/** What the AI SDK makes of a run. */
async function uiMessage(events: readonly RunEvent[]): Promise<unknown> {
  const { encode } = createUiEncoder();
  const chunks = events.flatMap(encode) as UIMessageChunk[];
  let message: UIMessage | undefined;
  for await (const next of readUIMessageStream({ stream: ReadableStream.from(chunks), terminateOnError: true }))
    message = next;
  return message?.parts.flatMap((part) => {
    const { type, text, state, input, output, errorText } = part as Record<string, unknown>;
    return type === 'step-start' ? [] : [{ type, text, state, input, output, errorText }];
  });
}

/** What AG-UI's client makes of it. */
async function agUiMessages(events: readonly RunEvent[]): Promise<unknown> {
  const { encode } = createAgUiEncoder({
    threadId: 't',
    runId: 'r',
    before: [{ id: 'm', role: 'user', content: 'Hi' }],
  });
  const frames = events.flatMap(encode).map((frame) => `data: ${JSON.stringify(frame)}\n\n`);
  const headers = { 'content-type': 'text/event-stream' };
  const fetch = async () => new Response(frames.join(''), { headers });
  const agent = new HttpAgent({
    url: 'http://localhost',
    fetch,
    initialMessages: [{ id: 'm', role: 'user', content: 'Hi' }],
  });
  await agent.runAgent({ runId: 'r' });
  // Where in its turn a thought stands is the client's: it moves results to their calls.
  const isThought = ({ role }: { readonly role: string }) => role === 'reasoning';
  const said = agent.messages.filter((message) => !isThought(message));
  return [
    agent.messages.filter(isThought).map(({ content }) => content),
    said.map(({ role, content, ...more }) => ({ role, content, calls: 'toolCalls' in more ? more.toolCalls : [] })),
  ];
}

const places = fc.tuple(fc.nat(1000), fc.nat(1000));

describe('a run that another process has taken up', () => {
  it.each([
    ['the AI SDK', uiMessage],
    ['AG-UI', agUiMessages],
  ])(
    'shows in %s what one shows that was never left',
    async (_, show) => {
      await fc.assert(
        fc.asyncProperty(plays, places, async (answers, [told, committed]) => {
          const events = await runOf(answers);
          const heardOf = 1 + (told % (events.length - 1));
          // A turn is told once it is committed; the results of its tools are told before.
          const lastTurn = events.slice(0, heardOf).findLastIndex(({ type }) => type === 'turn-end') + 1;
          const ends = commits(events).filter((end) => end >= lastTurn);
          const resumed = takenOver(events, heardOf, ends[committed % ends.length] ?? 1);
          expect(messagesOf(foldRun(resumed))).toEqual(messagesOf(foldRun(events)));
          expect(await show(resumed)).toEqual(await show(events));
        }),
        { numRuns: 40 },
      );
    },
    60_000,
  );
});
