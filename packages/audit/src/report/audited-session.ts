import type { RecordedTurn } from '../replay/recorded-turns.ts';
import type { CacheStatement } from '../statement.ts';

/** One session of a report, with its turns in the report's window. */
export interface AuditedSession {
  /** As its store or its log names it; the file, where nobody named it. */
  readonly sessionId: string;
  /** The file, or the database, that it was read from. */
  readonly source: string;
  readonly statement: CacheStatement;
  /** Of the session, beside those of its turns: `name`, or `name=value`. */
  readonly tags: readonly string[];
  /** Of a turn by its id, where turns have tags of their own. */
  readonly turnTags: ReadonlyMap<string, readonly string[]>;
  /**
   * All its turns, whatever the window, with what is known of their requests, in the order of their start: of a store those of the branch that
   * ends at the session's tip. Only while the session is visited; what it resolves to can be kept.
   */
  recordedTurns(): Promise<Iterable<RecordedTurn>>;
}
