import type { CheckpointStore, SessionId } from '@reprise/checkpoint';
import { createPulse, type Pulse, waitFor } from './wait.ts';

/** A place in the line for a session. Whoever has one leaves it. */
export interface Place {
  /** Resolves when nobody stands before it. Rejects with the signal's reason when that is aborted. */
  reachFront(signal: AbortSignal): Promise<void>;
  leave(): void;
}

/** Who waits for which session in this process, in order, whatever object they wait through. */
export interface WaitingLines {
  /** Joins at the back, or before everybody else. */
  join(store: CheckpointStore, sessionId: SessionId, where: 'back' | 'front'): Place;
}

interface Line {
  readonly places: Place[];
  readonly moved: Pulse;
}

export function createWaitingLines(): WaitingLines {
  const linesOf = new WeakMap<CheckpointStore, Map<SessionId, Line>>();

  return {
    join(store, sessionId, where) {
      const lines = linesOf.get(store) ?? new Map<SessionId, Line>();
      linesOf.set(store, lines);
      const line = lines.get(sessionId) ?? { places: [], moved: createPulse() };
      lines.set(sessionId, line);
      const place: Place = {
        async reachFront(signal) {
          while (line.places[0] !== place) await waitFor(line.moved.next(), { signal });
        },
        leave() {
          line.places.splice(line.places.indexOf(place), 1);
          if (line.places.length === 0) lines.delete(sessionId);
          line.moved.fire();
        },
      };
      if (where === 'back') line.places.push(place);
      else line.places.unshift(place);
      return place;
    },
  };
}
