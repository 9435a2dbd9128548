import type { MessageItemBody, RunBody, RunView, SessionBody } from '@reprise/service/client';
import { client } from '../client.ts';
import type { Conversation } from './conversation.ts';
import { messagesBeforeRun } from './messages-before-run.ts';

interface FollowedRun {
  readonly session: SessionBody;
  readonly run: RunBody;
  /** The messages that are committed, some of which may be the run's own. */
  readonly history: readonly MessageItemBody[];
}

/**
 * Tells of a run until its end. What the history holds of it is told once: as soon as its events have caught up with that. With each of its
 * turns the session is looked at anew, which counts them.
 */
export async function followRun(
  { session, run, history }: FollowedRun,
  signal: AbortSignal,
  change: (change: Partial<Conversation>) => void,
): Promise<void> {
  const { sessions } = client.value;
  const handle = sessions.run(session.id, run.id);
  // Asked after the history was: by that number, its events hold all that the history has of the run.
  const { lastEvent } = await handle.read({ signal });
  let frame: number | undefined;
  let latest: RunView | undefined;
  let before: readonly MessageItemBody[] | undefined;
  const draw = () => {
    frame = undefined;
    if (!latest) return;
    before ??= messagesGoingBefore(history, latest);
    change({ live: latest, messages: before });
  };
  const look = createOneAtATime(async () => change({ session: await sessions.get(session.id, { signal }) }));
  for await (const view of handle.views({ signal })) {
    const isTurnOver = view.totals !== latest?.totals;
    latest = view;
    if (view.number < lastEvent) continue;
    // Once a frame at most, however fast the words come.
    frame ??= requestAnimationFrame(draw);
    if (isTurnOver) look();
  }
  if (frame !== undefined) cancelAnimationFrame(frame);
  draw();
}

function messagesGoingBefore(history: readonly MessageItemBody[], view: RunView): readonly MessageItemBody[] {
  const messages = history.map(({ message }) => message);
  return history.slice(0, messagesBeforeRun(messages, view));
}

/** Does it when asked, and once more if it is asked meanwhile. What fails is tried again when it is asked next. */
function createOneAtATime(work: () => Promise<void>): () => void {
  let state: 'idle' | 'busy' | 'asked' = 'idle';
  const start = () => {
    state = 'busy';
    work()
      .catch(() => {})
      .finally(() => {
        if (state === 'asked') start();
        else state = 'idle';
      });
  };
  return () => {
    if (state === 'idle') start();
    else state = 'asked';
  };
}
