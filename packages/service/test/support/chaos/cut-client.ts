import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { RunEvent } from '../../../src/wire/run-event.ts';
import { pause } from './pause.ts';

/** What the clients of one test have in common. */
export interface ClientTerms {
  readonly fronts: readonly string[];
  /** From 0 to 1. */
  readonly random: () => number;
  /** Whether connections are cut on purpose now. */
  readonly isCutting: () => boolean;
  readonly onReconnect: () => void;
}

export interface ClientRun {
  readonly runId: string;
  /** As they came, over all connections. */
  readonly events: readonly RunEvent[];
}

/** How long a connection lives at most while connections are cut, in milliseconds. */
const LIFE_MS = 1000;

/** Says something; sends it again until the service has taken it. */
export async function say(terms: ClientTerms, sessionId: string, key: string, input: string): Promise<string> {
  for (;;) {
    const response = await fetch(`${front(terms)}/v1/sessions/${sessionId}/runs?create=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ input }),
    }).catch(() => undefined);
    if (response?.ok) return String(JSON.parse(await response.text()).id);
    if (response && response.status < 500) throw new Error(`${response.status}: ${await response.text()}`);
    await response?.text();
    await pause(200);
  }
}

/** Hears a run to its end, over connections that are cut, from whichever front. */
export async function hear(terms: ClientTerms, sessionId: string, runId: string): Promise<ClientRun> {
  const events: RunEvent[] = [];
  while (events.at(-1)?.type !== 'run-end') {
    await hearOnce(terms, `/v1/sessions/${sessionId}/runs/${runId}/events`, events);
    if (events.at(-1)?.type !== 'run-end') terms.onReconnect();
  }
  return { runId, events };
}

async function hearOnce(terms: ClientTerms, path: string, events: RunEvent[]): Promise<void> {
  const cut = new AbortController();
  const timer = terms.isCutting() ? setTimeout(() => cut.abort(), terms.random() * LIFE_MS) : undefined;
  try {
    const last = events.at(-1)?.number;
    const response = await fetch(`${front(terms)}${path}`, {
      headers: { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': `${last}` }) },
      signal: cut.signal,
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    const frames = response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { data } of frames ?? []) events.push(JSON.parse(data));
  } catch {
    // Cut, by the test or by a process that was killed: heard on from where it was.
    await pause(50);
  } finally {
    clearTimeout(timer);
  }
}

function front({ fronts, random }: ClientTerms): string {
  return fronts[Math.floor(random() * fronts.length)] ?? '';
}
