import type { MessageItemBody, RunBody, RunView } from '@reprise/service/client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { messagesBeforeRun } from '../views/session/conversation/rows.ts';
import { client, heedRefusal } from './client.ts';

const PAGE = 60;
/** How often a session at rest is looked at for runs that others have begun. */
const LOOK_MS = 2000;

export interface Conversation {
  /** What is committed and was asked for, oldest first: up to where the run that is going begins. */
  readonly messages: readonly MessageItemBody[];
  /** What to ask for what goes before; `null` at the beginning. */
  readonly previous: string | null;
  /** The run that is going, as far as its events have come. */
  readonly live: RunView | undefined;
  /** The run that waits or goes. */
  readonly run: RunBody | undefined;
  readonly isLoading: boolean;
  readonly error: Error | undefined;
}

export interface ConversationActions {
  /** Asks for the page before the first message. */
  readonly older: () => Promise<void>;
  /** Looks at once: something was sent. */
  readonly look: () => void;
}

const NOTHING: Conversation = {
  messages: [],
  previous: null,
  live: undefined,
  run: undefined,
  isLoading: true,
  error: undefined,
};

/** A session's conversation, live: its last page, and the run that is going, whoever began it. */
export function useConversation(sessionId: string): Conversation & ConversationActions {
  const [state, setState] = useState(NOTHING);
  const pulse = useRef<() => void>(() => {});
  const shown = useRef(state);
  shown.current = state;

  useEffect(() => {
    const left = new AbortController();
    setState(NOTHING);
    void follow(sessionId, left.signal, {
      change: (change) => {
        if (!left.signal.aborted) setState((before) => ({ ...before, ...change }));
      },
      wait: () => waitFor(pulse, left.signal),
    });
    return () => left.abort();
  }, [sessionId]);

  const older = async () => {
    const { previous } = shown.current;
    if (previous === null) return;
    const page = await client.value.sessions.messagesBefore(sessionId, { before: previous, limit: PAGE });
    setState((before) => ({ ...before, messages: [...page.items, ...before.messages], previous: page.previous }));
  };
  return { ...state, older, look: () => pulse.current() };
}

interface Teller {
  readonly change: (change: Partial<Conversation>) => void;
  /** Resolves when it is time to look again. */
  readonly wait: () => Promise<void>;
}

/** Tells of the conversation until the signal ends it. */
async function follow(sessionId: string, signal: AbortSignal, { change, wait }: Teller): Promise<void> {
  let known = '';
  while (!signal.aborted) {
    try {
      const run = await openRun(sessionId, signal);
      const session = await client.value.sessions.get(sessionId, { signal });
      if (run || known !== `${session.updatedAt}`) {
        const page = await client.value.sessions.messagesBefore(sessionId, { limit: PAGE, signal });
        change({
          messages: page.items,
          previous: page.previous,
          isLoading: false,
          error: undefined,
          run,
          live: undefined,
        });
        known = `${session.updatedAt}`;
        if (run) {
          await followRun(sessionId, run, page.items, signal, change);
          known = '';
          continue;
        }
      }
      change({ isLoading: false, error: undefined });
    } catch (error) {
      if (signal.aborted || heedRefusal(error)) return;
      change({ isLoading: false, error: error instanceof Error ? error : new Error(String(error)) });
    }
    await wait();
  }
}

/** The run that goes, or else the one that is next in line. */
async function openRun(sessionId: string, signal: AbortSignal): Promise<RunBody | undefined> {
  const { items } = await client.value.sessions.runs(sessionId, { limit: 20, signal }).page();
  return items.find(({ state }) => state === 'going') ?? items.findLast(({ state }) => state === 'waiting');
}

/** Tells of a run until its end. What the history holds of it is told once: as soon as its events have caught up with that. */
async function followRun(
  sessionId: string,
  { id }: RunBody,
  history: readonly MessageItemBody[],
  signal: AbortSignal,
  change: Teller['change'],
): Promise<void> {
  const handle = client.value.sessions.run(sessionId, id);
  // Asked after the history was: by that number, its events hold all that the history has of the run.
  const { lastEvent } = await handle.read({ signal });
  let frame: number | undefined;
  let latest: RunView | undefined;
  let before: readonly MessageItemBody[] | undefined;
  const draw = () => {
    frame = undefined;
    if (!latest) return;
    before ??= history.slice(
      0,
      messagesBeforeRun(
        history.map(({ message }) => message),
        latest,
      ),
    );
    change({ live: latest, messages: before });
  };
  for await (const view of handle.views({ signal })) {
    latest = view;
    // Once a frame at most, however fast the words come.
    if (view.number >= lastEvent) frame ??= requestAnimationFrame(draw);
  }
  if (frame !== undefined) cancelAnimationFrame(frame);
  draw();
}

function waitFor(pulse: { current: () => void }, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, LOOK_MS);
    signal.addEventListener('abort', done, { once: true });
    pulse.current = done;
  });
}
