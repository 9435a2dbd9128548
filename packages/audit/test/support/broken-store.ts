import { openSqliteStore } from '@reprise/checkpoint';
import { anthropic } from '@reprise/providers';
import { createAgent } from '../../../agent/src/index.ts';
import { startSimulator, virtualClock } from '../../../simulator/src/index.ts';
import { tempDatabase } from './agent-session.ts';

/** Long enough to be cached. */
const RULES = Array.from({ length: 250 }, (_, line) => `Rule ${line}: be kind and be exact.`).join('\n');

/** A store with one session of six turns a minute apart, whose system prompt was another from the fourth on: its day was in it. */
export async function brokenStore(sessionId = 'talk', days = ['Monday', 'Tuesday']): Promise<string> {
  const path = tempDatabase();
  const store = openSqliteStore({ path, synchronous: 'normal' });
  const clock = virtualClock();
  const script = ({ requestIndex }: { readonly requestIndex: number }) =>
    `Answer ${requestIndex}. ${'Well. '.repeat(60)}`;
  const { url, close } = await startSimulator({ clock: clock.now, script });
  const model = anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5');
  let ids = 0;
  const ports = { clock: clock.now, createId: () => `id-${ids++}` };
  for (const day of days) {
    const agent = createAgent({ model, system: `Today is ${day}.\n${RULES}`, onPrefixChange: 'allow', ports });
    const session = await agent.openSession(store, { id: sessionId });
    for (const question of ['What?', 'Why?', 'Whence?']) {
      await session.send(`${day}: ${question}`).result();
      clock.advance(60_000);
    }
    await session.close();
  }
  await store.close();
  await close();
  return path;
}
