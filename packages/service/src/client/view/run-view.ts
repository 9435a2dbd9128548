import type { AssistantBlock, AssistantMessage, ToolCallBlock, ToolResultBlock, UserMessage } from '@reprise/providers';
import type { RunEnded, RunEvent, Totals, TurnEnded } from '../../wire/run-event.ts';

/** What there is to show of a run: plain data, and a fold of its events. */
export interface RunView {
  /** The number of the last event that is in it; 0 before the first. */
  readonly number: number;
  readonly runId: string | undefined;
  readonly sessionId: string | undefined;
  /** How often a process has taken the run up. */
  readonly attempt: number;
  /** What the run was asked; absent where it went on from where the conversation stopped. */
  readonly input: UserMessage | undefined;
  /** What was said and done since the input, in order. */
  readonly items: readonly RunItem[];
  /** The blocks of the turn that is being written, by their place in it. Empty between turns. */
  readonly growing: readonly (GrowingBlock | undefined)[];
  /** Whether the conversation is being compacted: what is written meanwhile is a summary of it. */
  readonly isCompacting: boolean;
  /** As they were at the end of the last turn. */
  readonly totals: Totals | undefined;
  /** How it ended; absent while it is going. */
  readonly end: RunEnded | undefined;
}

export type RunItem = TurnItem | ResultsItem | UserItem | NoticeItem;

/** A model response that is committed, with the calls it made. */
export interface TurnItem {
  readonly type: 'turn';
  readonly message: AssistantMessage;
  readonly calls: readonly CallView[];
  /** Absent after another process has taken the run up, which knows the message alone. */
  readonly details?: TurnDetails;
  /** It is the summary that takes the place of what was said before. */
  readonly isSummary?: true;
}

export type TurnDetails = Omit<TurnEnded, 'type' | 'turn'> & { readonly turn: Omit<TurnEnded['turn'], 'message'> };

/** Calls of a turn before this run, which it has carried out. */
export interface ResultsItem {
  readonly type: 'results';
  readonly calls: readonly CallView[];
}

/** A message that came while the run was going. */
export interface UserItem {
  readonly type: 'user';
  readonly message: UserMessage;
}

/** Something of the run that is no part of the conversation, as it was told. */
export interface NoticeItem {
  readonly type: 'notice';
  readonly event: Notice;
}

export type Notice = Extract<RunEvent, { readonly type: NoticeType }>;

type NoticeType =
  | 'compaction-end'
  | 'compaction-start'
  | 'hook-verdict'
  | 'model-switch'
  | 'retry'
  | 'vendor-event'
  | 'warning';

export interface CallView {
  readonly id: string;
  readonly name: string;
  /** Absent where only its result is known. */
  readonly call?: ToolCallBlock;
  /** `called`: nothing is known of it yet, and after the run's end nothing has become of it. */
  readonly state: 'called' | 'waiting' | 'running' | 'answered';
  /** What running its tool twice would do. Absent until that is told, and where there is no such tool. */
  readonly effect?: Extract<RunEvent, { readonly type: 'tool-start' }>['effect'];
  /** What somebody has to decide, or had to. */
  readonly approval?: Extract<RunEvent, { readonly type: 'approval-needed' }>['approval'];
  readonly result?: ToolResultBlock;
  /** Absent where it did not run. */
  readonly durationMs?: number;
}

/** A block that is being written, or is whole while its turn is not. */
export type GrowingBlock =
  | { readonly type: 'text' | 'thinking'; readonly text: string; readonly citations: readonly object[] }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly argumentsText: string }
  | { readonly type: 'whole'; readonly block: AssistantBlock };

/** The view of a run of which nothing is known yet. */
export const EMPTY_RUN: RunView = {
  number: 0,
  runId: undefined,
  sessionId: undefined,
  attempt: 1,
  input: undefined,
  items: [],
  growing: [],
  isCompacting: false,
  totals: undefined,
  end: undefined,
};
