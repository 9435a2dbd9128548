import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tool } from '@reprise/agent';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { spoken } from './support/heard-run.ts';
import { type Piece, playedModel } from './support/played-model.ts';

const pay = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({}),
  needsApproval: true,
  run: () => 'Paid.',
});

/** The operations of the service's own form, as it describes them: `POST /v1/sessions/{session}/runs`. */
async function described(fetch: typeof globalThis.fetch): Promise<readonly string[]> {
  const document: unknown = await (await fetch('http://localhost/openapi.json')).json();
  const { paths } = z
    .object({
      paths: z.record(z.string(), z.record(z.string(), z.looseObject({ tags: z.array(z.string()).optional() }))),
    })
    .parse(document);
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(
        ([, { tags = [] }]) => path.startsWith('/v1/') && !tags.some((tag) => tag === 'AI SDK' || tag === 'AG-UI'),
      )
      .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
}

it('every route of the service has a method', async () => {
  const answers: Piece[][] = [[{ text: 'Hello' }], [{ call: ['c1', 'pay', '{}'] }], [{ text: 'Paid.' }]];
  const { fetch, clientOf, handler } = spoken({ model: playedModel(...answers), tools: [pay] });
  const asked: string[] = [];
  const { sessions, approvals, agents, caller, statement, report, whatIf } = clientOf({
    fetch: (input, init) => {
      asked.push(`${init?.method} ${new URL(String(input)).pathname}`);
      return fetch(input, init);
    },
  });
  const created = await sessions.create({ id: 'talk', metadata: { title: 'Talk' } });
  expect(created).toMatchObject({ id: 'talk', metadata: { title: 'Talk' }, state: 'idle' });
  expect((await sessions.update('talk', { metadata: { title: 'Other' } })).metadata).toEqual({ title: 'Other' });
  const first = await sessions.send('talk', { content: [{ type: 'text', text: 'Hi' }] });
  await Array.fromAsync(first);
  const asking = await sessions.send('talk', 'Pay.');
  expect(await asking.outcome()).toMatchObject({ reason: 'approval-needed' });
  expect(await Array.fromAsync(approvals({ limit: 1 }))).toMatchObject([{ session: { id: 'talk' } }]);
  expect(await sessions.count()).toMatchObject({ 'waiting-for-approval': 1, idle: 0 });
  const [approval] = await sessions.approvals('talk');
  const { decision, run } = await sessions.decide('talk', approval?.id ?? '', { isApproved: true, continue: true });
  expect(decision.isApproved).toBe(true);
  expect(await sessions.approval('talk', approval?.id ?? '')).toMatchObject({ state: 'approved' });
  expect(await run?.outcome()).toMatchObject({ reason: 'end-turn', text: 'Paid.' });
  expect(await first.stop()).toMatchObject({ state: 'ended' });
  expect(await Array.fromAsync(sessions.runs('talk', { limit: 1 }))).toHaveLength(3);
  expect(await Array.fromAsync(sessions.messages('talk', { limit: 2 }))).toHaveLength(6);
  expect(await sessions.messagesBefore('talk', { limit: 2 })).toMatchObject({ total: 6, previous: '4', next: null });
  expect(await Array.fromAsync(sessions.turns('talk', { scope: 'lifetime' }))).toHaveLength(3);
  const snapshots = await Array.fromAsync(sessions.snapshots('talk', { scope: 'branch', limit: 2 }));
  expect(snapshots).toHaveLength(3);
  expect(await sessions.label('talk', snapshots[0]?.id ?? '', 'hello')).toMatchObject({ label: 'hello' });
  expect(await Array.fromAsync(sessions.messages('talk', { snapshot: snapshots[0]?.id ?? '' }))).toHaveLength(2);
  const fork = await sessions.fork('talk', { snapshotId: snapshots[0]?.id, id: 'fork' });
  expect(fork.forkedFrom).toMatchObject({ session: 'talk' });
  const { left } = await sessions.rewind('talk', { snapshotId: snapshots[0]?.id ?? '' });
  expect(left.turnCount).toBe(3);
  expect(await sessions.statement('talk', { scope: 'lifetime' })).toMatchObject({ scope: 'lifetime' });
  expect(await sessions.explanation('talk')).toHaveProperty('breaks');
  expect(await sessions.warmUntil('talk')).toHaveProperty('keepAlive');
  expect((await sessions.whatIf('talk', { plans: ['auto', 'none'] })).rows).toHaveLength(2);
  expect(await sessions.get('fork')).toMatchObject({ id: 'fork' });
  await sessions.delete('fork');
  expect(
    (await Array.fromAsync(sessions.list({ search: 'talk', state: ['idle', 'broken'] }))).map(({ id }) => id),
  ).toEqual(['talk']);
  expect(await agents()).toMatchObject([{ isDefault: true }]);
  expect(await statement({ by: ['day', 'model'] })).toMatchObject({ by: ['day', 'model'] });
  expect(await statement({ models: ['played', 'other'], sessions: ['talk', 'fork'] })).toMatchObject({ by: ['day'] });
  expect(await whatIf({ sessions: ['talk'], since: 0, plans: ['none'] })).toMatchObject({ rows: [{ name: 'none' }] });
  expect(await caller()).toEqual({ tenant: 'local', isOperator: true, name: null });
  expect(await (await report({ type: 'text/csv', by: 'model' })).text()).toContain('played');
  await handler.close();
  const patterns = (await described(fetch)).map(
    (operation) => [operation, new RegExp(`^${operation.replaceAll(/\{\w+\}/g, '[^/]+')}$`)] as const,
  );
  expect(patterns.length).toBeGreaterThan(15);
  expect(
    patterns.filter(([, pattern]) => !asked.some((each) => pattern.test(each))).map(([operation]) => operation),
  ).toEqual([]);
});

it('the client is for browsers: it imports its own files and a parser of streams, and nothing of the server or of Node', () => {
  const outside = new Set<string>();
  const seen = new Set<string>();
  const walk = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    // What is imported as types alone is gone when it runs.
    const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from '([^']+)';/gm);
    for (const [, from = ''] of imports) from.startsWith('.') ? walk(join(dirname(file), from)) : outside.add(from);
  };
  walk(fileURLToPath(new URL('../src/client/index.ts', import.meta.url)));
  expect([...outside]).toEqual(['eventsource-parser']);
  expect([...seen].filter((file) => !file.includes('/src/client/'))).toEqual([]);
  expect(seen.size).toBeGreaterThan(10);
});
