import type { Model } from '../model.ts';

/** Makes models whose vendor is told what to answer. */
export interface ModelHarness {
  /** What this vendor's wire has no word for. The suite asks less of the model there. Default: it has a word for everything. */
  readonly lacks?: readonly WireLack[];
  /** A model whose vendor answers each request with the next of the answers, and every further one with the last. */
  open(answers: readonly ScriptedAnswer[]): Promise<HarnessedModel>;
}

export interface HarnessedModel {
  readonly model: Model;
  /** The body of each request that reached the vendor, as it came. */
  requests(): readonly string[];
  /** How many responses are under way: neither ended by the vendor nor given up by the model. */
  openResponses(): number;
  close(): Promise<void>;
}

/**
 * `body`: requests are no JSON body that `prefixBlocks` could name places in.
 * `statuses`: failures have no HTTP status.
 * `retry-after`: a failure does not say how long to wait.
 * `call-ids`: tool calls have no ids, so the model makes them.
 * `call-pieces`: a tool call comes in one piece, its arguments parsed.
 * `cache-reads`, `cache-writes`: these counters do not exist.
 */
export type WireLack =
  | 'body'
  | 'statuses'
  | 'retry-after'
  | 'call-ids'
  | 'call-pieces'
  | 'cache-reads'
  | 'cache-writes';

/** What a vendor does with a request. `silence`: it takes the request, and never says a word. */
export type ScriptedAnswer = ScriptedResponse | ScriptedFailure | 'silence';

export interface ScriptedResponse {
  readonly content: readonly ScriptedBlock[];
  /** Default: `tool-use` if there is a call, else `end-turn`. */
  readonly stopReason?: 'end-turn' | 'tool-use' | 'max-tokens';
  /** Default: the vendor reports none. */
  readonly usage?: ScriptedUsage;
  /**
   * What follows the last piece of the content. `whole`: the end of its block and the vendor's last word (default). `cut`: the response
   * ends as if that were all. `broken`: its socket dies. `silent`: nothing, for ever.
   */
  readonly ending?: 'whole' | 'cut' | 'broken' | 'silent';
  /** Whether events and fields of no known meaning stand among the others. Default `false`. */
  readonly hasStrangeEvents?: boolean;
}

/** A block, in the pieces in which it is sent. */
export type ScriptedBlock =
  | { readonly type: 'text'; readonly pieces: readonly string[] }
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      /** Of the arguments' JSON text. */
      readonly pieces: readonly string[];
    };

/** Disjoint counts, which the harness adds up where its vendor does. A counter left out is not reported. */
export interface ScriptedUsage {
  readonly fresh: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** A response with an HTTP status that is an error. */
export interface ScriptedFailure {
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** The stop reason of a response that names none. */
export function scriptedStopReason({ content, stopReason }: ScriptedResponse): 'end-turn' | 'tool-use' | 'max-tokens' {
  return stopReason ?? (content.some(({ type }) => type === 'tool-call') ? 'tool-use' : 'end-turn');
}
