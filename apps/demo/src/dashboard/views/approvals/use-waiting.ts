import { useEffect, useRef, useState } from 'preact/hooks';
import { readDecision, readWaiting, type WaitingList } from '../../data/read-waiting.ts';
import { countSessions } from '../../data/session-counts.ts';
import { type Resource, useResource } from '../../data/use-resource.ts';
import { settledElsewhere, type WaitingApproval } from '../../data/waiting-approval.ts';
import { elsewhereText } from '../../parts/waiting-call/decision-words.ts';

const LIVE_MS = 2500;
/** How many words on what others have decided are kept on the page. */
const KEPT = 5;

/** A call that others have seen to while this page was open. */
export interface Settled {
  readonly item: WaitingApproval;
  readonly words: string;
}

export interface Waiting extends Resource<WaitingList> {
  /** The newest first. */
  readonly settled: readonly Settled[];
  /** Takes note that this page has decided. */
  readonly decided: (item: WaitingApproval) => void;
}

/** The calls that wait, as they change; with what others have decided meanwhile. */
export function useWaiting(): Waiting {
  const waiting = useResource(readWaiting, [], { everyMs: LIVE_MS });
  const [settled, setSettled] = useState<readonly Settled[]>([]);
  const shown = useRef<readonly WaitingApproval[]>([]);
  const decidedHere = useRef(new Set<string>());
  useEffect(() => {
    if (!waiting.value) return;
    const gone = settledElsewhere(shown.current, waiting.value.items, decidedHere.current);
    shown.current = waiting.value.items;
    for (const item of gone) {
      readDecision(item).then(
        (decision) => {
          const words = elsewhereText(item.approval.call.name, decision);
          setSettled((before) => [{ item, words }, ...before].slice(0, KEPT));
        },
        // That nobody answers is told elsewhere, and the call is gone from the list all the same.
        () => {},
      );
    }
  }, [waiting.value]);
  const decided = ({ approval }: WaitingApproval) => {
    decidedHere.current.add(approval.id);
    waiting.reload();
    void countSessions();
  };
  return { ...waiting, settled, decided };
}
