import type { AgentFaultPoint } from '@reprise/agent';
import type { StoreFaultPoint } from '@reprise/checkpoint';

/** A place where a process dies: when it passes the point for the n-th time since it took the session up. */
export interface Death {
  readonly point: AgentFaultPoint | StoreFaultPoint;
  readonly passage: number;
}

/** What one process does. */
export interface FaultSteps {
  readonly database: string;
  /** Gets a line for each execution of a tool. */
  readonly effectLog: string;
  readonly steps: readonly {
    readonly sessionId: string;
    /** Where the model is. */
    readonly url: string;
    /** Absent: the session is played to its end. */
    readonly dieAt?: Death;
  }[];
}

const PASSAGES: Readonly<Record<Death['point'], true>> = {
  'agent/run-started': true,
  'agent/lease-taken': true,
  'agent/session-loaded': true,
  'agent/turn-recovered': true,
  'agent/input-committed': true,
  'agent/turn-prepared': true,
  'agent/turn-begun': true,
  'agent/first-event': true,
  'agent/stream-ended': true,
  'agent/turn-committed': true,
  'agent/turn-abandoned': true,
  'agent/approval-requested': true,
  'agent/approval-decided': true,
  'agent/call-checked': true,
  'agent/intent-written': true,
  'agent/tool-ran': true,
  'agent/outcome-written': true,
  'agent/results-committed': true,
  'agent/history-edited': true,
  'agent/lease-released': true,
  'store/begun': true,
  'store/blobs-written': true,
  'store/entries-written': true,
  'store/turn-written': true,
  'store/snapshot-written': true,
  'store/written': true,
  'store/committed': true,
};

/** Every fault point there is. */
export const FAULT_POINTS: readonly string[] = Object.keys(PASSAGES);
