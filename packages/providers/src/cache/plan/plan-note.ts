import type { WarningEvent } from '../../stream-event.ts';

/** What a plan did not do as it was asked. */
export interface PlanNote {
  readonly code: 'cache/mark-not-placed' | 'cache/lifetime-raised' | 'cache/messages-not-read' | 'cache/unsupported';
  readonly cause:
    | 'below-minimum'
    | 'lifetime-order'
    | 'no-block'
    | 'out-of-range'
    | 'own-marks'
    | 'tool-choice'
    | 'too-many'
    | 'unsupported';
  readonly message: string;
}

/** The note of a mark that was left out. */
export function notPlaced(asked: string, cause: PlanNote['cause'], detail: string): PlanNote {
  return { code: 'cache/mark-not-placed', cause, message: `No cache mark for ${asked}: ${detail}.` };
}

/** What a plan left out or changed, as the warnings with which a stream begins. */
export function planWarnings({ notes }: { readonly notes: readonly PlanNote[] }): readonly WarningEvent[] {
  return notes.map(({ code, message }) => ({ type: 'warning', code, message }));
}
