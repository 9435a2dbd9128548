import type { LogPlace } from '../ledger.ts';

/**
 * What an import met.
 *
 * Owns: that every line is accounted for.
 * Leaves to the importers: what a line is.
 *
 * P1. lines = rows + duplicates + malformed lines + Σ skipped.
 * P2. Nothing that is met ends an import: what cannot be read is listed.
 */

export interface ImportReport {
  /** Files that were read to their end. */
  readonly files: number;
  readonly bytes: number;
  /** Lines that are not blank. */
  readonly lines: number;
  readonly rows: number;
  readonly malformedLines: number;
  /** The first hundred of the malformed lines. */
  readonly malformed: readonly MalformedLine[];
  /** Sound lines that make no row of their own, by reason. */
  readonly skipped: Readonly<Record<SkipReason, number>>;
  /** Lines of responses that had made their row in a file, or a line, before. */
  readonly duplicates: number;
  /**
   * Responses among the duplicates whose counts are not those of their row: their log was copied, or cut, before they had ended. The row
   * keeps what was read first.
   */
  readonly conflicts: number;
  /** The first hundred files that could not be read, or not to their end. */
  readonly unreadable: readonly UnreadableFile[];
  readonly unreadableFiles: number;
  /** Where a conversation was shortened, as Claude Code tells it. */
  readonly compactions: readonly LoggedCompaction[];
}

/**
 * `not-a-response`: a question, a result, a note, other JSON · `same-response`: one more line of a response that makes one row ·
 * `synthetic`: words of the tool itself, which no model was asked for · `no-usage`: a response without counts · `failed`: an error instead
 * of a response · `stream-chunk`: a piece of a stream.
 */
export type SkipReason = 'not-a-response' | 'same-response' | 'synthetic' | 'no-usage' | 'failed' | 'stream-chunk';

export interface MalformedLine extends LogPlace {
  readonly reason: MalformedReason;
}

/**
 * `no-json` · `no-object`: other JSON than an object · `cut`: a last line that stops halfway · `too-long`: more than 128 MB ·
 * `no-time`, `no-model`: a response that lacks them · `no-record`: no line of a cassette, or one of a later version.
 */
export type MalformedReason = 'no-json' | 'no-object' | 'cut' | 'too-long' | 'no-time' | 'no-model' | 'no-record';

export interface UnreadableFile {
  readonly path: string;
  readonly reason: string;
}

/** A place where a session went on from a summary of itself. */
export interface LoggedCompaction {
  readonly sessionId: string | undefined;
  readonly conversationId: string | undefined;
  /** Epoch milliseconds; `undefined` where the log does not say. */
  readonly at: number | undefined;
  /** In the log's words, such as `auto` or `manual`. */
  readonly trigger: string | undefined;
  /** Tokens of the conversation before. */
  readonly tokensBefore: number | undefined;
}

const MAX_LISTED = 100;

/** Counts what an import meets. */
export class ImportTally {
  #files = 0;
  #bytes = 0;
  #lines = 0;
  #rows = 0;
  #malformedLines = 0;
  readonly #malformed: MalformedLine[] = [];
  readonly #skipped: Record<SkipReason, number> = {
    'not-a-response': 0,
    'same-response': 0,
    synthetic: 0,
    'no-usage': 0,
    failed: 0,
    'stream-chunk': 0,
  };
  #duplicates = 0;
  #conflicts = 0;
  #unreadableFiles = 0;
  readonly #unreadable: UnreadableFile[] = [];
  readonly #compactions = new Map<string, LoggedCompaction>();

  addFile(): void {
    this.#files += 1;
  }

  addBytes(count: number): void {
    this.#bytes += count;
  }

  addLines(count: number): void {
    this.#lines += count;
  }

  addRow(): void {
    this.#rows += 1;
  }

  addMalformed(path: string, line: number, reason: MalformedReason): void {
    this.#malformedLines += 1;
    if (this.#malformed.length < MAX_LISTED) this.#malformed.push({ path, line, reason });
  }

  addSkipped(reason: SkipReason, lines = 1): void {
    this.#skipped[reason] += lines;
  }

  /** Lines of a response that has its row; `isConflict` where its counts are others. */
  addDuplicate(lines: number, isConflict: boolean): void {
    this.#duplicates += lines;
    if (isConflict) this.#conflicts += 1;
  }

  addUnreadable(path: string, error: unknown): void {
    this.#unreadableFiles += 1;
    if (this.#unreadable.length < MAX_LISTED) this.#unreadable.push({ path, reason: reasonOf(error) });
  }

  /** A compaction that a resumed session repeats is one. */
  addCompaction(compaction: LoggedCompaction): void {
    this.#compactions.set(`${compaction.at} ${compaction.tokensBefore}`, compaction);
  }

  report(): ImportReport {
    return {
      files: this.#files,
      bytes: this.#bytes,
      lines: this.#lines,
      rows: this.#rows,
      malformedLines: this.#malformedLines,
      malformed: [...this.#malformed],
      skipped: { ...this.#skipped },
      duplicates: this.#duplicates,
      conflicts: this.#conflicts,
      unreadable: [...this.#unreadable],
      unreadableFiles: this.#unreadableFiles,
      compactions: [...this.#compactions.values()],
    };
  }
}

/** Why a file could not be read, for people. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
