/**
 * Whether a store's ledger is what was written, for somebody who trusts neither the store nor whoever had access to it.
 *
 * Owns: what is looked at, and in which order it is told.
 * Leaves to the store: the hashes of its own rows, which it checks whenever it reads; what fails there is told as `damaged`. To `check-…`: one
 * question each, answered from rows, entries and blobs alone.
 *
 * V1. A row that was changed, dropped or swapped is named, unless everything that depends on it was made anew to match.
 * V2. What only may be wrong is told and does not fail: a price that differs from today's list, a request that cannot be made again.
 *
 * What is seen when somebody makes the hashes anew, too: counts that are not the vendor's own (its usage object stands beside them), counters
 * of snapshots that the rows do not add up to, answers without a row, rows of another response, times that run backwards, hashes of the prefix
 * that contradict each other. What is not: a row whose counts, usage object, cost, snapshots and hashes were all changed alike, and turns
 * cut off at the end with their entries and snapshots. Only a hash that was kept elsewhere shows those: `heads` of an earlier verification.
 */

import { type CheckpointStore, itemsOf, type SessionDump, type SessionId, type TurnRow } from '@reprise/checkpoint';
import { AuditError } from '../errors.ts';
import { ledgerRow } from '../ledger.ts';
import { readRecordedTurns } from '../replay/recorded-turns.ts';
import { cacheStatement, type TokenSum } from '../statement.ts';
import { addMoney, addTokenSums, NO_MONEY } from '../sums.ts';
import type { Money, TokenBucket } from '../turn-statement.ts';
import { checkChain } from './check-chain.ts';
import { checkEntries } from './check-entries.ts';
import { checkFigures } from './check-figures.ts';
import { checkSnapshots } from './check-snapshots.ts';
import { createDamageReport, type DamageReport, isDamage } from './damage-report.ts';
import { findingAt, findingOf, type LedgerFinding, PROOFS } from './finding.ts';

export type VerifiableStore = Pick<
  CheckpointStore,
  'dumpSession' | 'findDamage' | 'listSessions' | 'readBlobs' | 'readEntries' | 'readSession' | 'readTurns'
>;

export interface VerifyOptions {
  /** The hash of each session's last row when it was verified before: the ledger has to hold that row still. */
  readonly heads?: ReadonlyMap<SessionId, string>;
  /** Is told of each session before it is read. */
  readonly onSession?: (sessionId: SessionId) => void;
}

export interface LedgerVerification {
  /** Whether nothing shows that a row was changed, dropped or swapped. */
  readonly ok: boolean;
  readonly sessions: number;
  /** The rows that were read, each once: those that the sessions committed themselves. */
  readonly rows: number;
  /** Rows whose request was made again from entries and blobs, to the hash that was stored. */
  readonly provenRequests: number;
  /** In the order of sessions, and of rows within a session. */
  readonly findings: readonly LedgerFinding[];
  /** Recomputed from the rows that could be read. */
  readonly tokens: Readonly<Record<TokenBucket, TokenSum>>;
  /** Recomputed from the rows with a known price. */
  readonly money: Money;
  /** The hash of each session's last row, to be kept elsewhere and given to the next verification. Sessions without rows have none. */
  readonly heads: ReadonlyMap<SessionId, string>;
}

/**
 * Looks at the ledger of a session, or of every session in the store, and recomputes what it adds up to. Reads only; one session at a time is
 * held in memory. Rejects with `audit/session-missing`, and with what the store rejects with, but for damage, which is a finding.
 */
export async function verifyLedger(
  store: VerifiableStore,
  sessionId?: SessionId,
  { heads = new Map(), onSession = () => undefined }: VerifyOptions = {},
): Promise<LedgerVerification> {
  const findings: LedgerFinding[] = [];
  const newHeads = new Map<SessionId, string>();
  let [sessions, rows, provenRequests] = [0, 0, 0];
  let { tokens, money } = cacheStatement([]);
  const damage = createDamageReport(store);
  const gone = new Set(sessionId === undefined ? heads.keys() : []);
  for await (const id of sessionId === undefined ? allSessions(store, damage) : [await existing(store, sessionId)]) {
    onSession(id);
    sessions += 1;
    gone.delete(id);
    const seen = await verifySession(store, id, { head: heads.get(id), damage });
    findings.push(...seen.findings);
    provenRequests += seen.provenRequests;
    rows += seen.rows.length;
    const last = seen.rows.at(-1);
    if (last) newHeads.set(id, last.hash);
    const sums = cacheStatement(seen.rows.flatMap(readable));
    tokens = addTokenSums(tokens, sums.tokens);
    money = addMoney(money ?? NO_MONEY, sums.money ?? NO_MONEY);
  }
  findings.push(...(await damage.rest(sessionId)));
  for (const id of gone) findings.push(findingOf(id, 'missing', `Session '${id}' was verified before and is gone.`));
  const ok = !findings.some(({ kind }) => PROOFS.has(kind));
  return { ok, sessions, rows, provenRequests, findings, tokens, money: money ?? NO_MONEY, heads: newHeads };
}

interface SeenSession {
  readonly findings: readonly LedgerFinding[];
  /** Its own, in order; none of a session that the store cannot read. */
  readonly rows: readonly TurnRow[];
  readonly provenRequests: number;
}

async function verifySession(
  store: VerifiableStore,
  id: SessionId,
  { head, damage }: { readonly head: string | undefined; readonly damage: DamageReport },
): Promise<SeenSession> {
  const dump = await dumpOf(store, id, damage);
  if ('damage' in dump) return { findings: dump.damage, rows: [], provenRequests: 0 };
  const rows = dump.turns.filter((row) => row.sessionId === id).toSorted((a, b) => a.ordinal - b.ordinal);
  const requests = await checkRequests(store, id, rows);
  const found = [
    ...checkChain(dump),
    ...checkEntries(dump),
    ...checkSnapshots(dump),
    ...rows.flatMap(checkFigures),
    ...requests.findings,
    ...checkHead(id, rows, head),
  ];
  // A row that a fork has inherited is told with the session that committed it.
  const own = found.filter((finding) => finding.sessionId === id);
  const inOrder = own.toSorted(
    (a, b) => (a.ordinal ?? Number.POSITIVE_INFINITY) - (b.ordinal ?? Number.POSITIVE_INFINITY),
  );
  return { findings: inOrder, rows, provenRequests: requests.proven };
}

async function dumpOf(
  store: VerifiableStore,
  id: SessionId,
  damage: DamageReport,
): Promise<SessionDump | { readonly damage: readonly LedgerFinding[] }> {
  try {
    return await store.dumpSession(id);
  } catch (error) {
    if (!isDamage(error) || !(error instanceof Error)) throw error;
    return { damage: await damage.of(id, error.message) };
  }
}

/** The rows of the session's branch whose requests can be made again, and those whose cannot. */
async function checkRequests(
  store: VerifiableStore,
  id: SessionId,
  own: readonly TurnRow[],
): Promise<{ readonly proven: number; readonly findings: readonly LedgerFinding[] }> {
  const rows = new Map(own.map((row) => [row.id, row]));
  const findings: LedgerFinding[] = [];
  let proven = 0;
  for (const { row, prefix } of await recordedTurns(store, id)) {
    const stored = rows.get(row.id);
    if (!stored) continue;
    if (prefix) proven += 1;
    else
      findings.push(
        findingAt(stored, 'request-unproven', 'the request it names cannot be made again from what is stored'),
      );
  }
  return { proven, findings };
}

/** None where a row cannot be read, which is told already. */
async function recordedTurns(store: VerifiableStore, id: SessionId) {
  try {
    return await readRecordedTurns(store, id);
  } catch (error) {
    if (error instanceof AuditError) return [];
    throw error;
  }
}

function checkHead(id: SessionId, rows: readonly TurnRow[], head: string | undefined): readonly LedgerFinding[] {
  if (head === undefined || rows.some(({ hash }) => hash === head)) return [];
  const message = `The row of session '${id}' that was its last when it was verified before, ${head}, is changed or gone.`;
  return [findingOf(id, 'missing', message)];
}

function readable(row: TurnRow) {
  try {
    return [ledgerRow(row)];
  } catch {
    return [];
  }
}

async function existing(store: VerifiableStore, id: SessionId): Promise<SessionId> {
  try {
    if ((await store.readSession(id)) !== undefined) return id;
  } catch (error) {
    // A damaged session is there, and what is wrong with it is a finding.
    if (isDamage(error)) return id;
    throw error;
  }
  throw new AuditError('audit/session-missing', `There is no session "${id}" in this store.`);
}

/** Newest first, as the store lists them; where it cannot, as it comes by them. */
async function* allSessions(store: VerifiableStore, damage: DamageReport): AsyncGenerator<SessionId> {
  const listed = new Set<SessionId>();
  try {
    for await (const { id } of itemsOf((page) => store.listSessions(page))) {
      listed.add(id);
      yield id;
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    yield* (await damage.sessions()).filter((id) => !listed.has(id));
  }
}
