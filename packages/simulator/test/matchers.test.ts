import { anthropic, completeTurn, userMessage } from '@reprise/providers';
import { describe, expect, test } from 'vitest';
import { simulatorMatchers, useSimulator } from '../src/testing/index.ts';

expect.extend(simulatorMatchers);

const SYSTEM = Array.from({ length: 400 }, (_, line) => `Rule ${line}: be exact.`).join('\n');

describe('a test with a simulator of its own', () => {
  const simulator = useSimulator({ script: () => 'Hello.' });

  async function ask(times: number) {
    const model = anthropic({ apiKey: 'x', baseURL: simulator().url }).model('claude-opus-5');
    const turns = [];
    for (let time = 0; time < times; time += 1) {
      turns.push(await completeTurn(model, { system: SYSTEM, messages: [userMessage('hi')] }));
    }
    return turns;
  }

  test('holds the share of its prompt that was read', async () => {
    const turns = await ask(10);
    expect(simulator()).toReadAtLeast(0.89);
    expect(turns).toReadAtLeast(0.89);
    expect({ turns }).toReadAtLeast(0.89);
    expect(() => expect(simulator()).toReadAtLeast(0.95)).toThrow(
      /read \d+ of its \d+ prompt tokens from the cache, 9\d\.\d %; expected 95\.0 %/,
    );
    expect(() => expect(simulator()).not.toReadAtLeast(0.5)).toThrow();
  });

  test('finds nothing of the test before', async () => {
    expect(simulator().requests).toEqual([]);
    await ask(1);
    expect(() => expect(simulator()).toReadAtLeast(0.1)).toThrow('0.0 %');
  });

  test('says so when it is given nothing to judge', () => {
    expect(() => expect([]).toReadAtLeast(0.5)).toThrow('no requests and no turns');
    expect(() => expect([{ other: 1 }]).toReadAtLeast(0.5)).toThrow('requests of a simulator or turns of a run');
  });
});
