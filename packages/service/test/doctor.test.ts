import { createServer } from 'node:http';
import { CheckpointError, openMemoryStore } from '@reprise/checkpoint';
import { createLocalQueue, type DoctorReport, doctor, type Machine, renderDoctor } from '@reprise/service';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { tempStore } from './support/temp-store.ts';

const KEY = 'sk-ant-api03-0123456789abcdefghijklmnop';
const NOW = Date.now();

afterEach(() => vi.unstubAllEnvs());

test('of a machine with a whole store, a line and the keys of its models it says that all is well, and shows no key', async () => {
  vi.stubEnv('ANTHROPIC_API_KEY', KEY);
  const store = openMemoryStore();
  onTestFinished(() => store.close());
  const report = await doctor({
    store,
    queue: createLocalQueue(),
    models: ['anthropic/claude-opus-5'],
    machine: machine(),
  });
  expect(report.checks.map(({ name, state }) => [name, state])).toEqual([
    ['Node.js', 'ok'],
    ['clock', 'ok'],
    ['model anthropic/claude-opus-5', 'ok'],
    ['store', 'ok'],
    ['writing', 'ok'],
    ['damage', 'ok'],
    ['line of runs', 'ok'],
  ]);
  expect(report.isWell).toBe(true);
  expect(renderDoctor(report)).toMatch(/^✓ Node\.js[\s\S]*All is well\.\n$/);
  expect(JSON.stringify(report)).not.toContain(KEY);
});

test('it leaves nothing behind in the store it looks at, and closes what it has opened', async () => {
  const store = tempStore();
  const close = vi.fn(async () => {});
  const opened = new Proxy(store, {
    get(target, name) {
      const value = name === 'close' ? close : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  expect((await doctor({ store: () => opened, machine: machine() })).isWell).toBe(true);
  expect([await store.countSessions(), close.mock.calls.length]).toEqual([0, 1]);
  await store.close();
});

test('damage is looked for no longer than told', async () => {
  const store = openMemoryStore();
  for (const id of ['a', 'b']) await store.createSession({ id, createdAt: NOW });
  const report = await doctor({ store, damageMs: 0, machine: machine() });
  expect(report.checks.find(({ name }) => name === 'damage')).toMatchObject({
    state: 'ok',
    found: 'none in what was read in 0 s: 0 sessions',
  });
});

test('a model without its key, an old Node.js and a clock that is wrong are named, with what to do', async () => {
  vi.stubEnv('ANTHROPIC_API_KEY', '');
  const old = { nodeVersion: '20.1.0', clock: () => NOW, steadyClock: () => NOW - 60_000 };
  const report = await doctor({ models: ['anthropic/claude-opus-5'], machine: old });
  expect(failures(report)).toEqual(['Node.js', 'clock', 'model anthropic/claude-opus-5']);
  expect(report.checks.map(({ advice }) => advice)).toEqual([
    expect.stringContaining('Install Node.js 22'),
    expect.stringContaining('NTP'),
    expect.stringContaining('ANTHROPIC_API_KEY'),
    undefined,
  ]);
  expect(renderDoctor(report)).toContain('3 of 4 looks found something.');
});

test("a store whose clock is not this machine's is named, and nothing is left in it", async () => {
  const at = async (offMs: number) => {
    const store = openMemoryStore({ clock: () => NOW + offMs });
    const report = await doctor({ store, machine: machine() });
    expect(await store.countSessions()).toBe(0);
    return failures(report);
  };
  expect(await at(500)).toEqual([]);
  expect(await at(-5000)).toEqual(['writing']);
});

test('a store that cannot be opened is named without its password, and nothing else of it is looked at', async () => {
  const open = () => {
    throw new CheckpointError('checkpoint/unavailable', 'postgres://me:hunter2@db/sessions does not answer.');
  };
  const report = await doctor({
    store: open,
    queue: () => Promise.reject(new Error('never asked')),
    machine: machine(),
  });
  expect(failures(report)).toEqual(['store']);
  expect(JSON.stringify(report)).not.toContain('hunter2');
});

test('a store that cannot be written to is named', async () => {
  const full = () => Promise.reject(new CheckpointError('checkpoint/unavailable', 'disk full'));
  const store = Object.assign(openMemoryStore(), { createSession: full });
  expect(failures(await doctor({ store, machine: machine() }))).toEqual(['writing']);
});

test('damage is named as the store finds it', async () => {
  async function* damaged() {
    yield { message: 'entry 7 is not as it was written' };
  }
  const store = Object.assign(openMemoryStore(), { findDamage: damaged });
  const report = await doctor({ store, machine: machine() });
  expect(failures(report)).toEqual(['damage']);
  expect(renderDoctor(report)).toContain('entry 7');
});

test('a part that never answers does not keep it waiting (I12)', async () => {
  const never = () => new Promise<never>(() => {});
  const queue = Object.assign(createLocalQueue(), { depth: never });
  expect(failures(await doctor({ store: openMemoryStore(), queue, timeoutMs: 20, machine: machine() }))).toEqual([
    'line of runs',
  ]);
  expect(failures(await doctor({ store: never, timeoutMs: 20, machine: machine() }))).toEqual(['store']);
});

test('a vendor is reached only if asked for, and any answer of it will do', async () => {
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  expect(failures(await doctor({ reach: [`${url}/v1`], machine: machine() }))).toEqual([]);
  await new Promise((resolve) => server.close(resolve));
  expect(failures(await doctor({ reach: [url], machine: machine() }))).toEqual([`network to ${url}`]);
});

function machine(): Machine {
  return { nodeVersion: '24.0.0', clock: () => NOW, steadyClock: () => NOW };
}

function failures({ checks }: DoctorReport): readonly string[] {
  return checks.filter(({ state }) => state === 'failed').map(({ name }) => name);
}
