import type {
  AssistantTurn,
  JsonValue,
  ModelRequest,
  ToolCallBlock,
  ToolResultBlock,
  UserBlock,
} from '@reprise/providers';
import type { AgentState } from '../state.ts';
import type { Tool } from '../tools/tool.ts';

/**
 * Somebody who hears of a run at its turning points, and may say otherwise. Each function may observe and return nothing, or give its
 * verdict; of several hooks each is asked in turn, and hears what those before it have made of it.
 *
 * A hook that throws, takes longer than `hookTimeoutMs` or gives no verdict that there is, ends the run with `agent/hook-failed`; open tool
 * calls stay open. After an abort no hook is asked any more, but for `afterTool`. A crash may have a hook asked again for the same thing.
 */
export interface Hook {
  /** Who is named in events, errors and the ledger. Unique among the hooks of an agent. */
  readonly name: string;
  /**
   * Before each request, with nothing of it sent or noted yet. What it injects is sent with this request alone, behind everything else, and
   * so moves no prefix; a turn of the vendor's that goes on from its own words takes nothing behind them, and is sent without. What it
   * replaces is compared with the last request as ever; see `onPrefixChange`.
   */
  beforeRequest?(context: BeforeRequestContext): Answer<RequestVerdict>;
  /** After each response, which is durable by then, and before its tools. Not for a turn whose process died; the ledger has those. */
  afterTurn?(context: AfterTurnContext): Answer<TurnVerdict>;
  /**
   * Before a call whose tool there is and whose arguments fit it; before anybody is asked to approve it, and before any tool of its turn
   * runs. Asked again when the session goes on with a call that is still open.
   */
  beforeTool?(context: BeforeToolContext): Answer<CallVerdict>;
  /**
   * After a tool has run and before its result is durable: after a crash here the tool may run again, and the hook with it. Also asked
   * after an abort, when only what it answers at once counts. A result that a hook could not look at is withheld from the model.
   */
  afterTool?(context: AfterToolContext): Answer<ResultVerdict>;
}

/** The places where hooks are asked. */
export type HookPoint = Exclude<keyof Hook, 'name'>;

interface HookContext {
  /** As far as it is durable. */
  readonly state: AgentState;
  /** Aborted when the run is, or when the hook's time is up. */
  readonly signal: AbortSignal;
}

export interface BeforeRequestContext extends HookContext {
  /** As it would be sent; what was injected so far is its last message, and is marked as `transient`. */
  readonly request: ModelRequest;
}

export interface AfterTurnContext extends HookContext {
  readonly turn: AssistantTurn;
}

export interface BeforeToolContext extends HookContext {
  readonly call: ToolCallBlock;
  /** The arguments as plain values, as the model wrote them. */
  readonly input: JsonValue;
  readonly tool: Tool;
  /** See `ToolContext`. */
  readonly idempotencyKey: string;
}

export interface AfterToolContext extends HookContext {
  readonly call: ToolCallBlock;
  readonly result: ToolResultBlock;
  readonly durationMs: number;
}

export type RequestVerdict =
  /** Sent behind the rest of this request. Nothing where it is empty. */
  | { readonly inject: string | readonly UserBlock[] }
  /** Sent in the place of the request, in all its fields. What is stored of the conversation stays as it is. */
  | { readonly replace: ModelRequest }
  | StopVerdict;

export type TurnVerdict = StopVerdict;

export type CallVerdict =
  /** The tool does not run; the model reads why. */
  | { readonly refuse: string }
  /** The tool does not run; this is its result, and is journaled like one. */
  | { readonly result: HookResult };

/** What the model sees, and what is journaled, instead. */
export interface ResultVerdict {
  readonly result: HookResult;
}

/** Ends the run with the reason `hook-stop`. Tool calls that are open then are answered as not run, for this reason. */
export interface StopVerdict {
  readonly stop: string;
}

/** A tool's result: text, or the fields of one. */
export type HookResult = string | { readonly content: ToolResultBlock['content']; readonly isError?: boolean };

export type HookVerdict = RequestVerdict | TurnVerdict | CallVerdict | ResultVerdict;

// biome-ignore lint/suspicious/noConfusingVoidType: a function that merely observes returns nothing, in an arrow as well.
export type Answer<Verdict> = Verdict | void | Promise<Verdict | void>;

/** A verdict, as listeners hear of it. What merely observes is not heard of. */
export interface HookVerdictEvent {
  readonly type: 'hook-verdict';
  readonly hook: string;
  readonly point: HookPoint;
  readonly verdict: HookVerdict;
  /** What it is about, at the two points of tools. */
  readonly call?: ToolCallBlock;
}
