import { useEffect, useRef, useState } from 'preact/hooks';
import { client } from '../client.ts';
import { createPause } from '../pause.ts';
import { type Conversation, NOTHING } from './conversation.ts';
import { followSession } from './follow-session.ts';

/** How often a session at rest is looked at, for what others do. */
const LOOK_MS = 2000;
/** How many messages are asked for at once when a reader goes back. */
const OLDER = 100;

export interface ConversationActions {
  /** Asks for the page before the first message. */
  readonly older: () => Promise<void>;
  /** Looks at once: something was sent. */
  readonly look: () => void;
  /** Begins anew, after an error. */
  readonly again: () => void;
}

/** A session and its conversation, live: the last page of it, and the run that is going, whoever began it. */
export function useConversation(sessionId: string): Conversation & ConversationActions {
  const [state, setState] = useState(NOTHING);
  const [round, setRound] = useState(0);
  const known = useRef(state);
  const [pause] = useState(createPause);

  useEffect(() => {
    const left = new AbortController();
    const change = (changed: Partial<Conversation>) => {
      if (left.signal.aborted) return;
      known.current = { ...known.current, ...changed };
      setState(known.current);
    };
    change(NOTHING);
    void followSession(sessionId, left.signal, {
      known: () => known.current,
      change,
      wait: () => pause.wait(LOOK_MS, left.signal),
    });
    return () => left.abort();
  }, [sessionId, round]);

  const older = async () => {
    const { previous, messages } = known.current;
    if (previous === null) return;
    const page = await client.value.sessions.messagesBefore(sessionId, { before: previous, limit: OLDER });
    // The conversation may have become another one meanwhile.
    if (known.current.messages[0] !== messages[0]) return;
    known.current = {
      ...known.current,
      messages: [...page.items, ...known.current.messages],
      previous: page.previous,
    };
    setState(known.current);
  };
  return { ...state, older, look: () => pause.end(), again: () => setRound((before) => before + 1) };
}
