import { CheckpointError, type CheckpointErrorCode } from '../errors.ts';
import { locateDamage } from '../sql/rows.ts';

/**
 * What went wrong at the database, as the contract names it.
 *
 * Owns: which failures are worth another try, and the words for the others.
 *
 * P1. Nothing that is thrown holds the connection string or its password: passed on is what the server, the network and the driver
 *     said, and none of them quotes it.
 */

/** Conflicts between writers that another try settles, since it looks again at what is there. */
const CONFLICTS = new Set([
  '23503', // A row that is named is gone since it was looked up.
  '23505', // A row that was not there when it was looked up is there now.
  '40001', // The server asks for another try.
  '40P01', // Two writers waited for each other.
]);

type Meaning = readonly [start: string, code: CheckpointErrorCode, advice: string];

/** What the server's codes mean to a caller, by how they start. The first that fits counts. */
const MEANINGS: readonly Meaning[] = [
  ['28', 'checkpoint/unavailable', 'Check the user and the password.'],
  ['3D', 'checkpoint/unavailable', 'Create the database, or name another.'],
  ['42501', 'checkpoint/unavailable', 'Grant the user the rights to the schema and its tables.'],
  ['42P01', 'checkpoint/corrupt', 'A table is missing: restore the schema from a backup.'],
  ['42703', 'checkpoint/corrupt', 'A column is missing: restore the schema from a backup.'],
  ['XX00', 'checkpoint/corrupt', 'Restore the database from a backup; it was left as it is.'],
  ['53100', 'checkpoint/unavailable', 'The disk of the server is full. Nothing was written; free some space.'],
  ['55P03', 'checkpoint/unavailable', 'Another writer was faster for too long. Nothing was written; try again.'],
  ['25006', 'checkpoint/unavailable', 'The server takes no writes. Nothing was written; connect to the primary.'],
  ['54', 'checkpoint/invalid-write', 'A value is larger than the database takes. Nothing was written.'],
  ['22', 'checkpoint/invalid-write', 'A value is none that the database takes. Nothing was written.'],
  ['', 'checkpoint/unavailable', 'Nothing was written; try again.'],
];

/** The error of a statement as its caller sees it. What is no error of the database stays as it is. */
export function mapError(error: unknown, place: string): unknown {
  const cause = underlying(error);
  if (isServerError(cause)) return fromServer(cause, place);
  if (cause instanceof CheckpointError) return locateDamage(cause, place);
  return isLostConnection(cause) ? unavailable(place, wordsOf(cause), cause) : cause;
}

/** The error of an attempt to connect. */
export function mapConnectError(error: unknown, place: string): CheckpointError {
  if (isServerError(error)) return fromServer(error, place);
  return unavailable(place, wordsOf(error), error);
}

/** The error of settings that the driver cannot read. */
export function settingsError(error: unknown): CheckpointError {
  return new CheckpointError(
    'checkpoint/unavailable',
    `The connection string cannot be used: ${wordsOf(error)}. Expected is postgres://user:password@host:port/database, with its parts percent-encoded.`,
  );
}

/** A commit that the connection was lost in: the server may have carried it out. */
export function commitUnknown(place: string, cause: unknown): CheckpointError {
  return new CheckpointError(
    'checkpoint/unavailable',
    `${place} was lost while a write was committed: it is there in whole or not at all. Read the session again.`,
    { cause },
  );
}

/** Whether the same may succeed when it is tried again, since it has not been done. */
export function mayTryAgain(error: unknown): boolean {
  const cause = underlying(error);
  const isConflict = isServerError(cause) && CONFLICTS.has(cause.code);
  return isConflict || (isLostConnection(cause) && !isTimeout(cause));
}

/** Whether a commit may have been carried out although it failed: no answer came to it. */
export function isUnanswered(error: unknown): boolean {
  // The server ended a transaction that had paused, or the driver knew that the connection was gone.
  const isAnswered = isServerError(error) && error.code === '25P03';
  return isLostConnection(error) && !isAnswered && !/ is not queryable$/.test(wordsOf(error));
}

/** Whether the connection is gone, or no answer came over it. */
export function isLostConnection(error: unknown): boolean {
  const cause = underlying(error);
  if (cause instanceof CheckpointError) return false;
  if (isServerError(cause)) return /^(08|57P0|25P03)/.test(cause.code);
  return isSystemError(cause) || isTimeout(cause) || /^(Connection terminated|Client )/.test(wordsOf(cause));
}

interface ServerError extends Error {
  /** Five characters, see appendix A of the server's manual. */
  readonly code: string;
}

function fromServer(cause: ServerError, place: string): CheckpointError {
  const [, code, advice] = MEANINGS.find(([start]) => cause.code.startsWith(start)) ?? [
    '',
    'checkpoint/unavailable',
    '',
  ];
  return new CheckpointError(code, `${place} refused: ${cause.message} (${cause.code}). ${advice}`, { cause });
}

function unavailable(place: string, reason: string, cause: unknown): CheckpointError {
  const message = `${place} does not answer: ${reason}. Nothing was written; check that it runs, and try again.`;
  return new CheckpointError('checkpoint/unavailable', message, { cause });
}

/** The query builder wraps what the driver throws, with every value that was sent. */
function underlying(error: unknown): unknown {
  return error instanceof Error && error.constructor.name === 'DrizzleQueryError' ? error.cause : error;
}

function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

function isSystemError(error: unknown): boolean {
  return error instanceof AggregateError || (error instanceof Error && 'code' in error && 'syscall' in error);
}

/** Whether the driver stopped waiting. */
function isTimeout(error: unknown): boolean {
  return !isServerError(error) && /timeout/i.test(wordsOf(error));
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // An attempt at several addresses has a code and no message of its own.
  return error.message || ('code' in error ? String(error.code) : error.name);
}
