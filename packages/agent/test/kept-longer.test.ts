import { createAgent } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import { expect, it } from 'vitest';
import { LONG_SYSTEM_PROMPT, MODELS, simulator } from './support/simulated.ts';

it.each([
  ['1h', true],
  ['5m', false],
] as const)('a prefix is kept for %s if the policy says so, whatever the host (B-23)', async (ttl, isRead) => {
  const vendor = await simulator(() => 'Well.');
  const model = MODELS.anthropic(vendor.url);
  const agent = createAgent({ model, system: LONG_SYSTEM_PROMPT, cache: { breakpoints: ['system', 'last'], ttl } });
  const session = await agent.openSession(openMemoryStore());
  await session.send('First.').result();
  const written = session.state.totalCacheWriteTokens;
  vendor.advance(30 * 60_000);
  await session.send('Half an hour later.').result();
  expect(session.state.totalCacheReadTokens).toBe(isRead ? written : 0);
});
