import type { RunState } from '@reprise/checkpoint';

/** What is read when somebody asks, and left out where it cannot be. */
export interface Readings {
  readonly queueDepth: number | undefined;
  readonly runs: Readonly<Record<RunState, number>> | undefined;
}
