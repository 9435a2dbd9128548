import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { anthropic, type Model, ollama, openai, openaiResponses } from '@reprise/providers';
import { onTestFinished } from 'vitest';
import { createAgent } from '../../../agent/src/index.ts';
import { startSimulator } from '../../../simulator/src/index.ts';

/** A model of each dialect, through the vendor's own SDK. */
export const DIALECTS: Readonly<Record<string, (url: string) => Model>> = {
  anthropic: (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  'openai-chat': (url) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
  'openai-responses': (url) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.6-sol'),
  ollama: (url) => ollama({ host: url }).model('llama4'),
};

/** Long enough to be cached by every family. */
const SYSTEM = Array.from({ length: 250 }, (_, line) => `Rule ${line}: be kind and be exact.`).join('\n');

/** The path of a database that does not exist yet, in a folder that goes when the test ends. */
export function tempDatabase(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'sessions.db');
}

export function openStore(path: string): CheckpointStore {
  const store = openSqliteStore({ path, synchronous: 'normal' });
  onTestFinished(() => store.close());
  return store;
}

/** A store with the session `talk`, in which the real agent has asked a simulated vendor so many questions; closed again. */
export async function agentStore(
  questions: number,
  modelAt: (url: string) => Model = (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
): Promise<string> {
  const path = tempDatabase();
  const store = openSqliteStore({ path, synchronous: 'normal' });
  const { url, close } = await startSimulator({
    script: ({ requestIndex }) => `Answer ${requestIndex}. ${'Well. '.repeat(60)}`,
  });
  const agent = createAgent({ model: modelAt(url), system: SYSTEM });
  const session = await agent.openSession(store, { id: 'talk' });
  for (let question = 1; question <= questions; question += 1) await session.send(`Question ${question}?`).result();
  await session.close();
  await store.close();
  await close();
  return path;
}
