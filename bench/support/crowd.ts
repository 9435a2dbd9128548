import { machineMs } from './machine-clock.ts';

/** What a crowd of clients is to do. */
export interface CrowdTerms {
  /** Where sessions are. */
  readonly url: string;
  /** How many clients read at once. */
  readonly streams: number;
  /** How many sessions are asked, all in all, each once. */
  readonly sessions: number;
  /** How many deltas an answer has. */
  readonly deltas: number;
  /** Told how many sessions have been answered, after each. */
  readonly onAnswer: (answered: number) => void;
}

/** What the clients saw. */
export interface CrowdReport {
  /** From the moment the vendor sent a delta to the moment a client had it, in milliseconds, shortest first. */
  readonly latenciesMs: Float64Array;
  /** What went wrong, each with the session it went wrong in. */
  readonly errors: readonly string[];
  readonly elapsedMs: number;
}

/** Asks all sessions, so many at once, and reads every answer to its end. */
export async function sendCrowd({ url, streams, sessions, deltas, onAnswer }: CrowdTerms): Promise<CrowdReport> {
  const latencies: number[] = [];
  const errors: string[] = [];
  const startedAt = machineMs();
  let [asked, answered] = [0, 0];
  async function client(): Promise<void> {
    while (asked < sessions) {
      const session = `session-${asked}`;
      asked += 1;
      await readAnswer(`${url}/v1/sessions/${session}/runs?create=true`, deltas, latencies).catch((error: unknown) =>
        errors.push(`${session}: ${describe(error)}`),
      );
      answered += 1;
      onAnswer(answered);
    }
  }
  await Promise.all(Array.from({ length: streams }, client));
  return { latenciesMs: Float64Array.from(latencies).sort(), errors, elapsedMs: machineMs() - startedAt };
}

/** What `fetch` rejects with says why in its cause alone. */
function describe(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? `${error.message}: ${error.cause}` : String(error);
}

/** The value that this share of the sorted values does not exceed. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Rejects for an answer that is not as many deltas as were sent, and an end. */
async function readAnswer(url: string, deltas: number, latencies: number[]): Promise<void> {
  const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ input: 'Tell me the time.' }) });
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
  let [tail, count, isEnded] = ['', 0, false];
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const now = machineMs();
    const frames = (tail + chunk).split('\n\n');
    tail = frames.pop() ?? '';
    for (const frame of frames) {
      isEnded ||= frame.includes('event: run-end\n') && frame.includes('"reason":"end-turn"');
      if (!frame.includes('event: text-delta\n')) continue;
      count += 1;
      latencies.push(now - Number(frame.split('@')[1]));
    }
  }
  if (count !== deltas || !isEnded)
    throw new Error(`${count} of ${deltas} deltas came, and ${isEnded ? 'the' : 'no'} end.`);
}
