import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCassette, type NormalizeRequest, type PruneStep, readCassette } from '../src/cassette/index.ts';
import { cassettePath, loopbackCassette, post } from './support/cassette-server.ts';

describe('what a cassette cannot work with', () => {
  it.each([null, 'usage', 3, {}, { drop: 3 }, { replace: 'text', by: '' }, { replace: /text/ }, ['drop']])(
    'prune refuses %j, which is no step, at once (K-20)',
    (step) => {
      const prune = [step] as readonly unknown[] as readonly PruneStep[];
      expect(() => createCassette({ path: cassettePath(), prune })).toThrow(
        /^prune has .*; expected \{ drop: 'path' \}/s,
      );
    },
  );

  it.each([undefined, null, 'text', {}, { method: 'POST', url: 'http://x/', stream: true }])(
    'a function of normalize that returns %j is told, and nothing is sent (K-07)',
    async (given) => {
      const normalize = [(() => given) as unknown as NormalizeRequest];
      const neverSent = (): never => {
        throw new Error('A request was sent.');
      };
      const cassette = loopbackCassette({ path: cassettePath(), normalize, fetch: neverSent });
      await expect(cassette.fetch('http://127.0.0.1/', post({}))).rejects.toMatchObject({
        name: 'CassetteError',
        code: 'cassette/not-normalized',
        message: expect.stringContaining('A function of normalize returned'),
      });
    },
  );

  it.each(['auto', 'record', 'replay'] as const)(
    'a folder in the place of its file is refused in mode %s (K-03)',
    (mode) => {
      const path = dirname(cassettePath());
      mkdirSync(path, { recursive: true });
      expect(() => createCassette({ path, mode })).toThrow(
        expect.objectContaining({
          code: 'cassette/no-file',
          message: `path is ${path}, which is a folder; name a file in it.`,
        }),
      );
    },
  );

  it('a file with a byte order mark is refused, and stays as it is (K-04)', async () => {
    const path = cassettePath();
    const text = '\uFEFF{"key":"afc2be0c","response":"{}"}\n';
    writeFileSync(path, text);
    expect(() => createCassette({ path })).toThrow(
      expect.objectContaining({
        code: 'cassette/malformed',
        message: `${path} begins with a byte order mark; save it without one.`,
      }),
    );
    expect((await readCassette(path)).malformed).toEqual([{ line: 1, problem: 'no-json' }]);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});
