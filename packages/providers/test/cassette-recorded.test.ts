import { expect, it } from 'vitest';
import { type CassetteOptions, readCassette } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, post, readLines, replayingCassette } from './support/cassette-server.ts';
import {
  describeWithCorpus,
  listRecordings,
  type Recording,
  readRecording,
  recordedFetch,
  SPLITTINGS,
} from './support/corpus.ts';

const recordings = (): readonly Recording[] => listRecordings().map(readRecording);

const ORIGIN = 'http://127.0.0.1:9/';

/** A `fetch` that answers as each recording's vendor did, cut anywhere. */
function vendors(known: readonly Recording[]): typeof fetch {
  const answers = new Map(
    known.map(({ id, response, status }) => [
      ORIGIN + encodeURIComponent(id),
      recordedFetch({ ...response, status }, SPLITTINGS['at random places']),
    ]),
  );
  return (input, init) => answers.get(String(input))?.(input, init) ?? Promise.reject(new Error(String(input)));
}

/** The chunks that a recording's answer comes in. */
async function ask({ id, request }: Recording, send: typeof fetch): Promise<readonly Buffer[]> {
  const response = await send(ORIGIN + encodeURIComponent(id), post(request));
  const chunks: Buffer[] = [];
  for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk));
  return chunks;
}

/** Records them all; what `close` said. */
async function record(known: readonly Recording[], options: CassetteOptions) {
  const cassette = loopbackCassette({ recordErrors: true, fetch: vendors(known), ...options });
  for (const recording of known) await ask(recording, cassette.fetch);
  return cassette.close().catch(() => cassette.events);
}

describeWithCorpus("vendors' recorded answers", () => {
  it('come out of a cassette as they went in, chunk by chunk (K-10, K-12, K-17)', async () => {
    const path = cassettePath();
    const all = recordings();
    await record(all, { path });
    const replaying = replayingCassette(path);
    for (const recording of all) {
      expect(await ask(recording, replaying.fetch), recording.id).toEqual(await ask(recording, vendors([recording])));
    }
    const { exchanges, malformed } = await readCassette(path);
    expect([exchanges.length, malformed]).toEqual([all.length, []]);
  }, 60_000);

  it('keep their counters, whatever is pruned (K-20)', async () => {
    const withUsage = recordings().filter(({ expected }) => expected.usagePresent);
    expect(withUsage.length).toBeGreaterThan(600);
    const events = await record(withUsage, { path: cassettePath(), prune: [() => ({})] });
    expect(events?.filter((event) => event.type !== 'miss')).toEqual(
      withUsage.map(() =>
        expect.objectContaining({
          reason: 'not-written',
          error: expect.objectContaining({ code: 'cassette/count-pruned' }),
        }),
      ),
    );
  }, 60_000);

  it('shrink by what they echo of their request (K-20)', async () => {
    const known = recordings().filter(({ family }) => family === 'openai-responses');
    const echoed = ['instructions', 'tools', 'text'];
    const prune = echoed.flatMap((name) => [{ drop: name }, { drop: `response.${name}` }]);
    const [whole, pruned] = [cassettePath(), cassettePath()];
    expect([await record(known, { path: whole }), await record(known, { path: pruned, prune })]).toEqual([
      undefined,
      undefined,
    ]);
    const size = (path: string) => readLines(path).reduce((sum, line) => sum + JSON.parse(line).response.length, 0);
    expect(size(pruned) / size(whole)).toBeLessThan(0.9);
  }, 60_000);
});
