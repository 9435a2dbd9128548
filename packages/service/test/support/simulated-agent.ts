import { randomUUID } from 'node:crypto';
import { type Agent, type AgentOptions, createAgent } from '@reprise/agent';
import { anthropic } from '@reprise/providers';
import { type Script, startSimulator } from '@reprise/simulator';
import { onTestFinished } from 'vitest';

/** Long enough to be cached. */
const SYSTEM = Array.from({ length: 600 }, (_, line) => `Rule ${line}: be kind and be exact.`).join('\n');

/** An agent whose model has a price and a cache, on a simulator that ends with the test. */
export async function simulatedAgent(
  script: Script,
  { clock = Date.now, ...options }: { readonly clock?: () => number } & Partial<AgentOptions> = {},
): Promise<Agent> {
  const { url, close } = await startSimulator({ script });
  onTestFinished(close);
  const model = anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5');
  return createAgent({ model, system: SYSTEM, ports: { clock, createId: randomUUID }, ...options });
}
