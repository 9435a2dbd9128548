import { useMemo } from 'preact/hooks';
import { client } from '../../../data/client.ts';
import { useResource } from '../../../data/use-resource.ts';
import { fromPage, type KnownTurns, lastDoubt, NO_TURNS, withEarlier, withLater } from './known-turns.ts';
import { type TurnBar, turnBars } from './turn-bars.ts';

/** How many turns are asked for first, and how many at once when a reader goes back. */
const PAGE = 200;
const MOST = 1000;

export interface Turns {
  /** The last turns of the branch, as far back as they were asked for; `undefined` until the first have come. */
  readonly bars: readonly TurnBar[] | undefined;
  /** How many turns go before them. */
  readonly earlier: number;
  /** Whether the service is finding out what broke the cache. */
  readonly isExplaining: boolean;
  readonly error: Error | undefined;
  readonly reload: () => void;
  /** Asks for a page before the first, or for all of them. Resolves to the id of the turn that is the first then. */
  readonly loadEarlier: (howMany: 'all' | 'page') => Promise<string | undefined>;
}

/** The turns of a session's branch. With each new version of the session only what is new is asked for. */
export function useTurns(sessionId: string, version: number): Turns {
  const branch = useResource((signal, before?: KnownTurns) => readOn(sessionId, before, signal), [sessionId, version]);
  const { value: known, error, reload } = branch;
  const loadEarlier = async (howMany: 'all' | 'page') => {
    if (!known) return undefined;
    const turns = await readEarlier(sessionId, known, howMany);
    branch.change((now) => (now === known ? turns : now));
    return turns.turns[0]?.id;
  };
  const { breaks, isExplaining } = useBreaks(sessionId, known ?? NO_TURNS);
  const bars = useMemo(() => known && turnBars(known.turns, breaks, known.start + 1), [known, breaks]);
  return { bars, earlier: known?.start ?? 0, isExplaining, error, reload, loadEarlier };
}

/** What broke the cache of the whole branch. That takes the service long to find, so it is asked only when a turn's own counts raise the question. */
function useBreaks(sessionId: string, { turns }: KnownTurns) {
  const doubt = useMemo(() => lastDoubt(turns), [turns]);
  const { value, error } = useResource(
    async (signal) => ({
      doubt,
      breaks: doubt === undefined ? [] : (await client.value.sessions.explanation(sessionId, { signal })).breaks,
    }),
    [sessionId, doubt],
  );
  return { breaks: value?.breaks, isExplaining: doubt !== undefined && value?.doubt !== doubt && !error };
}

/** The turns as they are now: what was known with what came since, or else the last page. */
async function readOn(sessionId: string, known: KnownTurns | undefined, signal: AbortSignal): Promise<KnownTurns> {
  const { sessions } = client.value;
  for (let turns = known; turns && turns.turns.length > 0; ) {
    const after = `${turns.start + turns.turns.length - 1}`;
    const page = await sessions.turns(sessionId, { limit: MOST, signal }).page(after);
    turns = withLater(turns, page);
    if (turns && page.next === null) return turns;
  }
  return fromPage(await sessions.turnsBefore(sessionId, { limit: PAGE, signal }));
}

/** The turns with a page more before them, or with all that go before. */
async function readEarlier(sessionId: string, known: KnownTurns, howMany: 'all' | 'page'): Promise<KnownTurns> {
  const limit = howMany === 'all' ? MOST : PAGE;
  let turns = known;
  while (turns.start > 0) {
    const page = await client.value.sessions.turnsBefore(sessionId, { before: `${turns.start}`, limit });
    turns = withEarlier(turns, page);
    if (howMany === 'page') break;
  }
  return turns;
}
