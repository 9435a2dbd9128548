import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@reprise/checkpoint';
import { type Auth, createHandler } from '@reprise/service';
import { createClient, type ServiceClient } from '@reprise/service/client';
import { startSimulator } from '@reprise/simulator';
import { build } from 'vite';
import { openFolder } from '../../src/folder.ts';
import { SIMULATED_MODEL } from '../../src/plan.ts';
import { openFrontDoor } from '../../src/serve/front-door.ts';
import { servedAgents } from '../../src/serve/served-agents.ts';
import { trialScript } from '../../src/serve/trial/trial-script.ts';

const CONFIG = fileURLToPath(new URL('../../vite.config.ts', import.meta.url));

/** The page, built from its source into a folder of its own. */
export interface BuiltPage {
  readonly folder: string;
  remove(): void;
}

export async function buildPage(): Promise<BuiltPage> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-page-'));
  await build({ configFile: CONFIG, logLevel: 'error', build: { outDir: folder } });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What `serve` serves, in this process: page, service, a simulated vendor and a store in a temporary file, about these files. */
export interface DashboardService {
  readonly url: string;
  readonly client: ServiceClient;
  /** How long the model waits between two words from now on, in milliseconds. */
  speak(delayMs: number): void;
  /** Has the vendor forget what it has cached. */
  forget(): void;
  /** Asks a question in a new session and waits for the end of the run; resolves to the session's id. */
  ask(question: string, agent?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startDashboardService(
  files: Readonly<Record<string, string>>,
  page: string,
  { auth = 'none', token }: { readonly auth?: Auth; readonly token?: string } = {},
): Promise<DashboardService> {
  const folder = mkdtempSync(join(tmpdir(), 'reprise-dashboard-'));
  const root = join(folder, 'files');
  mkdirSync(root);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  let delayMs = 0;
  const vendor = await startSimulator({
    script: (request) => {
      const reply = trialScript(request);
      return typeof reply === 'string' ? { text: reply, delayMs } : { ...reply, delayMs };
    },
  });
  const store = openSqliteStore(join(folder, 'sessions.db'));
  const models = { main: { name: SIMULATED_MODEL, baseURL: vendor.url, isSimulated: true }, others: {} };
  const handler = createHandler({ agent: servedAgents(await openFolder(root), models), store, auth });
  const door = await openFrontDoor({ host: '127.0.0.1', port: 0, page }, handler);
  const client = createClient(door.url, token === undefined ? {} : { token });
  return {
    url: door.url,
    client,
    speak(ms) {
      delayMs = ms;
    },
    forget: () => vendor.reset(),
    async ask(question, agent = 'librarian') {
      const { id } = await client.sessions.create({ agent });
      await (await client.sessions.send(id, { content: [{ type: 'text', text: question }] })).outcome();
      return id;
    },
    async close() {
      door.shut();
      await handler.close({ deadlineMs: 0 });
      await door.close();
      await store.close();
      await vendor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
