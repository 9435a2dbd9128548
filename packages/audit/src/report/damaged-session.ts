import { asObject } from '@reprise/providers';

/** A session that is in no figure of a report, since what its store holds of it is not what was written. */
export interface DamagedSession {
  readonly sessionId: string;
  /** The file, or the database. */
  readonly source: string;
  /** What is damaged first, for people. */
  readonly problem: string;
}

/** A store that cannot be read is a check that failed, whatever was asked. */
const DAMAGE: ReadonlySet<unknown> = new Set(['audit/unreadable-row', 'checkpoint/blob-missing', 'checkpoint/corrupt']);

/** Whether something was refused because it is not as it was written. */
export function isUnreadable(error: unknown): error is Error {
  return error instanceof Error && DAMAGE.has(asObject(error)?.['code']);
}

/** What is damaged. A store's own words name the copy that is read: what it was told by the part that found it does not. */
export function damageTold(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
