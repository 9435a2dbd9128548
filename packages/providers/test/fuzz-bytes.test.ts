import { describe, expect, it } from 'vitest';
import { messageText } from '../src/message.ts';
import type { Model } from '../src/model.ts';
import type { StreamEvent } from '../src/stream-event.ts';
import { userRequest } from './support/collect-stream.ts';
import { createStreamCheck } from './support/fuzz-check.ts';
import { mutatedBytes, randomBytes } from './support/fuzz-mutate.ts';
import { FUZZED, type FuzzedFamily } from './support/fuzz-wires.ts';
import { type Random, seededRandom } from './support/random.ts';

const INPUTS = 2000;
const FIRST_SEED = 20_261_121;
const MEGABYTE = 2 ** 20;
/** As much as a socket gives at a time. */
const SOCKET_PIECE = 16_384;
/** No response here has as many events. */
const STEP_LIMIT = 30_000;
const HUNG: ReadonlySet<string | undefined> = new Set(['provider/timeout', 'provider/stalled']);

/** A response that the network brings in a few pieces. */
interface Body {
  readonly pieces: readonly Uint8Array[];
  readonly contentType: string;
}

/** What a client makes of a body, to the end of its stream. */
async function streamOf(family: FuzzedFamily, { pieces, contentType }: Body): Promise<readonly StreamEvent[]> {
  const headers = { 'content-type': contentType };
  const model: Model = family.createModel(async () => new Response(ReadableStream.from(pieces), { headers }));
  const events: StreamEvent[] = [];
  for await (const event of model.stream(userRequest('hi'), { retry: false, timeoutMs: 20_000 })) {
    events.push(event);
    if (events.length > STEP_LIMIT) throw new Error('The stream does not end.');
  }
  return events;
}

function hungComplaints(events: readonly StreamEvent[]): readonly string[] {
  const last = events.at(-1);
  const code = last?.type === 'assistant-turn' ? last.turn.error?.code : undefined;
  return HUNG.has(code) ? [`The stream hung: ${code}.`] : [];
}

function bodyOf({ encode, responses, contentType }: FuzzedFamily, random: Random): Body {
  const whole = new TextEncoder().encode(random.pick(responses).map(encode).join(''));
  const bytes = random.upTo(19) === 0 ? randomBytes(random, random.upTo(400)) : mutatedBytes(random, whole);
  const odd = random.pick(['text/event-stream', 'application/json', 'text/html', '']);
  const length = random.pick([bytes.length, 1000, 100, 13]) || 1;
  return { pieces: cut(bytes, length), contentType: random.upTo(9) === 0 ? odd : contentType };
}

function cut(bytes: Uint8Array, length: number): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += length) pieces.push(bytes.slice(at, at + length));
  return pieces;
}

describe.each(Object.entries(FUZZED))('a response of broken bytes to %s', (_name, family) => {
  const check = createStreamCheck(family.createModel(() => Promise.reject(new Error('Nothing is sent here.'))));

  it(`ends in a well-formed turn, in each of ${INPUTS} ways`, { timeout: 120_000 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + INPUTS; seed += 1) {
      const body = bodyOf(family, seededRandom(seed));
      const events = await streamOf(family, body).catch((error: unknown) => `It threw: ${error}`);
      const broken = typeof events === 'string' ? [events] : [...hungComplaints(events), ...check(events)];
      if (broken.length > 0) {
        expect.fail(`Seed ${seed}: ${broken.join('\n')}\n${JSON.stringify(Buffer.concat(body.pieces).toString())}`);
      }
    }
  });

  it.each(hugeBodies(family))('ends in a well-formed turn when it is %s', { timeout: 30_000 }, async (_what, text) => {
    const pieces = cut(new TextEncoder().encode(text), SOCKET_PIECE);
    const events = await streamOf(family, { pieces, contentType: family.contentType });
    expect([...hungComplaints(events), ...check(events)]).toEqual([]);
  });

  it('keeps a text of a megabyte that came in one line', async () => {
    const text = 'wörd '.repeat(MEGABYTE / 6);
    const [response] = family.responses;
    const line = response.map((event) => family.encode(replaced(event, 'Hel', text))).join('');
    const pieces = [new TextEncoder().encode(line)];
    const events = await streamOf(family, { pieces, contentType: family.contentType });
    const last = events.at(-1);
    expect(last?.type === 'assistant-turn' ? messageText(last.turn.message) : '').toContain(text);
    expect(check(events)).toEqual([]);
  });
});

function hugeBodies({ encode, responses }: FuzzedFamily): readonly (readonly [string, string])[] {
  const [response] = responses;
  const whole = response.map(encode).join('');
  return [
    ['empty', ''],
    ['a megabyte without a line end', 'x'.repeat(MEGABYTE)],
    ['65 536 line ends', '\n'.repeat(2 ** 16)],
    ['a megabyte of opening brackets', encode(0).replace('0', '['.repeat(MEGABYTE))],
    ['a line of a megabyte and a good response', `${encode(['x'.repeat(MEGABYTE)])}${whole}`],
    ['ten thousand events that mean nothing', `${encode({ type: 'nothing' }).repeat(10_000)}${whole}`],
    ['an event in which lists stand in lists, 100 000 deep', `${encode(0).replace('0', nested(100_000))}${whole}`],
    ['said a hundred times', whole.repeat(100)],
  ];
}

function nested(levels: number): string {
  return `${'['.repeat(levels)}${']'.repeat(levels)}`;
}

/** The event with another text in the place of one that begins so. */
function replaced(event: unknown, beginning: string, text: string): unknown {
  return JSON.parse(JSON.stringify(event), (_key, value) =>
    typeof value === 'string' && value.startsWith(beginning) ? text : value,
  );
}
