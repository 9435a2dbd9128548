import { asObject } from '@reprise/providers';
import { contentFault } from '../content-blocks.ts';
import { AgentError } from '../errors.ts';
import type { Answer, HookPoint } from './hook.ts';

/** Which function of which hook. */
export interface HookPlace {
  readonly hook: string;
  readonly point: HookPoint;
}

export interface HookLimits {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** What a hook said: nothing, or its verdict. */
export interface Heard<Verdict> {
  readonly verdict: Verdict | undefined;
}

/**
 * Asks a hook. `undefined` if the run was aborted before it answered: what it answers at once counts also after an abort. Rejects with
 * `agent/hook-failed` if it throws, is late, or says what there is no word for.
 */
export async function callHook<Verdict extends object>(
  place: HookPlace,
  ask: (signal: AbortSignal) => Answer<Verdict>,
  { signal, timeoutMs }: HookLimits,
): Promise<Heard<Verdict> | undefined> {
  const own = new AbortController();
  const { promise: stopped, resolve, reject } = Promise.withResolvers<typeof ABORTED>();
  const onAbort = () => {
    own.abort(signal.reason);
    resolve(ABORTED);
  };
  const timer = setTimeout(() => {
    const late = new Error(`It took longer than ${timeoutMs} ms.`);
    own.abort(late);
    reject(late);
  }, timeoutMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    // Of two that are settled the first wins.
    const answer = await Promise.race([ask(own.signal), stopped]);
    return answer === ABORTED ? undefined : { verdict: checkVerdict(place, answer ?? undefined) };
  } catch (error) {
    if (signal.aborted) return undefined;
    throw hookFailed(place, error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

const ABORTED = Symbol('aborted');

/** The words of a verdict, and the types that each may have. */
const WORDS: Readonly<Record<HookPoint, Readonly<Record<string, readonly string[]>>>> = {
  beforeRequest: { inject: ['string', 'array'], replace: ['object'], stop: ['string'] },
  afterTurn: { stop: ['string'] },
  beforeTool: { refuse: ['string'], result: ['string', 'object'] },
  afterTool: { result: ['string', 'object'] },
};

/** Hooks are the application's, and may not have been checked by a compiler: a veto that is misspelled must not pass for none. */
function checkVerdict<Verdict extends object>({ point }: HookPlace, answer: Verdict | undefined): Verdict | undefined {
  if (answer === undefined) return undefined;
  const [[word = '', value] = [], ...others] = Object.entries(asObject(answer) ?? {});
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  if (others.length > 0 || !WORDS[point][word]?.includes(type)) {
    throw new Error(`It returned ${JSON.stringify(answer)}; nothing, or an object with ${wordsOf(point)} is expected.`);
  }
  const fault = word === 'result' && type === 'object' ? contentFault(asObject(value)?.['content'], RESULT) : undefined;
  if (fault !== undefined) throw new Error(`The content of its result ${fault}.`);
  return answer;
}

/** What the result of a tool may hold. */
const RESULT = ['text', 'image'] as const;

function wordsOf(point: HookPoint): string {
  return Object.keys(WORDS[point])
    .map((word) => (REASONS.has(word) ? `${word} (the reason, as a text)` : word))
    .join(' or ');
}

const REASONS: ReadonlySet<string> = new Set(['refuse', 'stop']);

function hookFailed({ hook, point }: HookPlace, cause: unknown): AgentError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AgentError('agent/hook-failed', `Hook ${hook} failed in ${point}: ${reason}`, { cause });
}
