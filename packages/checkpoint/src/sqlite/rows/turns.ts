import type { TurnRow } from '../../ledger.ts';
import { invalidWrite, turnMissing } from '../../refusals.ts';
import type { SessionId, TurnId } from '../../session.ts';
import { loadSqliteCore } from '../../sql/load-drizzle.ts';
import { corrupt, turnFromRow } from '../../sql/rows.ts';
import type { TurnRange } from '../../turn-sums.ts';
import { chainOf, followChain, requireOrder } from '../chain.ts';
import { boundTo, eachLazily, isStorable, lazily, prepareInsert, type SqliteContext } from '../context.ts';
import { prefixRange } from '../prefix.ts';
import { type BlobSeqs, seqOf } from './blobs.ts';
import type { StoredSession } from './stored-session.ts';

/** A ledger row with its place and those of what it points at. */
export interface StoredTurn {
  readonly seq: number;
  readonly parent: number | null;
  readonly entry: number;
  readonly row: TurnRow;
}

export function turnRows(context: SqliteContext) {
  const insertTurn = lazily(() => prepareInsert<ReturnType<typeof toColumns>>(context, context.tables.turns));
  const selects = lazily(() => prepareSelects(context));

  /** The turns of a session of this id, in their order. It may be gone. */
  const madeBy = (sessionId: SessionId) => selects().ledger.all({ sessionId }).map(storedTurn);

  const requireNotLost = (turnId: TurnId): void => {
    if (isStorable(turnId) && selects().hasIdInTable.get(turnId) !== undefined) {
      throw corrupt(`turn '${turnId}' is missing from an index`);
    }
  };

  return {
    insert(row: TurnRow, place: { readonly parent: number | null; readonly entry: number }, seqs: BlobSeqs): number {
      return Number(insertTurn().run(toColumns(row, place, seqs)).lastInsertRowid);
    },

    find(turnId: TurnId): StoredTurn | undefined {
      if (!isStorable(turnId)) return undefined;
      const row = selects().byId.get({ turnId });
      if (row === undefined) requireNotLost(turnId);
      return row && storedTurn(row);
    },

    /** The place of the turn, which nothing of is read. Throws `checkpoint/turn-missing`. */
    requireSeq(turnId: TurnId, { record, tipTurn }: Pick<StoredSession, 'record' | 'tipTurn'>): number {
      if (turnId === record.tipTurn && tipTurn !== null) return tipTurn;
      const seq = isStorable(turnId) ? selects().seqOf.get(turnId) : undefined;
      if (seq !== undefined) return seq;
      requireNotLost(turnId);
      throw turnMissing(turnId);
    },

    findByOrdinal(sessionId: SessionId, ordinal: number): StoredTurn | undefined {
      const row = selects().byOrdinal.get({ sessionId, ordinal });
      return row && storedTurn(row);
    },

    requireNew(turnId: TurnId): void {
      if (selects().hasId.get(turnId) !== undefined) throw invalidWrite(`There is a turn '${turnId}' already`);
    },

    read(seq: number): StoredTurn {
      const row = selects().bySeq.get({ seq });
      if (row === undefined) throw corrupt(`ledger row ${seq} is missing`);
      return storedTurn(row);
    },

    /** The turns of the branch that ends with this one, checked. `owner` names whose branch it is. */
    branch(tipTurn: number | null, owner: string): readonly StoredTurn[] {
      if (tipTurn === null) return [];
      const { chain, lost } = followChain(selects().branch.all({ tip: tipTurn }).map(storedTurn), tipTurn);
      const first = chain[0];
      if (first === undefined) throw corrupt(`the last turn of ${owner} is missing`);
      if (lost !== null) throw corrupt(`turn '${first.row.id}' of ${owner} has lost the turn before it`);
      return chain;
    },

    /** Whether the branch that ends with `tipTurn` passes `turn`. */
    isOnBranch(turn: number, tipTurn: number | null): boolean {
      return tipTurn !== null && selects().onBranch.get({ turn, tip: tipTurn }) !== undefined;
    },

    madeBy,

    /** Every turn that the session committed, checked to be complete. */
    ledger(sessionId: SessionId, turnsCommitted: number): readonly StoredTurn[] {
      const turns = madeBy(sessionId);
      const gap = turns.findIndex(({ row }, index) => row.ordinal !== index + 1);
      if (gap >= 0 || turns.length !== turnsCommitted) {
        throw corrupt(`turn ${(gap < 0 ? turns.length : gap) + 1} of the ledger of session '${sessionId}' is missing`);
      }
      return turns;
    },

    /** Turns of any session that were written after this one, in the order of writing. */
    after(seq: number, range: TurnRange, limit: number): readonly StoredTurn[] {
      const { since, until, sessionIds, sessionPrefix, models } = range;
      const { and, asc, gt, gte, lt, sql } = context.drizzle;
      const { turns } = context.tables;
      const oneOf = (column: typeof turns.model | typeof turns.sessionId, list: readonly string[]) =>
        sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(list)}))`;
      const beginsWith = (column: typeof turns.sessionId, text: string) => {
        const { prefix, prefixEnd } = prefixRange(text);
        return sql`${column} >= ${prefix} AND ${column} < ${prefixEnd}`;
      };
      const inRange = and(
        gt(turns.seq, seq),
        since === undefined ? undefined : gte(turns.startedAt, since),
        until === undefined ? undefined : lt(turns.startedAt, until),
        sessionIds && oneOf(turns.sessionId, sessionIds),
        sessionPrefix === undefined ? undefined : beginsWith(turns.sessionId, sessionPrefix),
        models && oneOf(turns.model, models),
      );
      const found = selectTurns(context).where(inRange).orderBy(asc(turns.seq)).limit(limit).all();
      requireOrder('turns', found, seq);
      return found.map(storedTurn);
    },

    /** Whether the ledger holds a turn of a session of this id. */
    hasLedger(sessionId: SessionId): boolean {
      return selects().hasLedger.get(sessionId) !== undefined;
    },
  };
}

/** A turn as `selectTurns` gives it. */
interface TurnSelectionRow extends Omit<Parameters<typeof turnFromRow>[0], 'entryId'> {
  readonly seq: number;
  readonly parent: number | null;
  readonly entry: number;
  readonly entryId: string | null;
}

function storedTurn({ seq, parent, entry, entryId, ...rest }: TurnSelectionRow): StoredTurn {
  if (entryId === null) throw corrupt(`the entry of turn '${rest.id}' is missing`);
  return { seq, parent, entry, row: turnFromRow({ ...rest, entryId }) };
}

function toColumns(row: TurnRow, place: { readonly parent: number | null; readonly entry: number }, seqs: BlobSeqs) {
  const { tokens, parentId, entryId, systemHash, toolsHash, ...rest } = row;
  return { ...rest, ...tokens, ...place, systemBlob: seqOf(seqs, systemHash), toolsBlob: seqOf(seqs, toolsHash) };
}

function prepareSelects(context: SqliteContext) {
  const { connection, drizzle } = context;
  const { and, asc, eq, sql } = drizzle;
  const { turns } = context.tables;
  return eachLazily({
    byId: () =>
      selectTurns(context)
        .where(eq(turns.id, boundTo(context, 'turnId')))
        .prepare(),
    bySeq: () =>
      selectTurns(context)
        .where(eq(turns.seq, boundTo(context, 'seq')))
        .prepare(),
    branch: () =>
      selectTurns(context)
        .where(sql`${turns.seq} IN ${chainOf(context, 'turns')}`)
        .prepare(),
    byOrdinal: () =>
      selectTurns(context)
        .where(and(eq(turns.sessionId, boundTo(context, 'sessionId')), eq(turns.ordinal, boundTo(context, 'ordinal'))))
        .prepare(),
    ledger: () =>
      selectTurns(context)
        .where(eq(turns.sessionId, boundTo(context, 'sessionId')))
        .orderBy(asc(turns.ordinal))
        .prepare(),
    seqOf: () => connection.prepare<[string], number>('SELECT seq FROM turns WHERE id = ?').pluck(),
    hasId: () => connection.prepare<[string]>('SELECT 1 FROM turns WHERE id = ?'),
    hasIdInTable: () => connection.prepare<[string]>('SELECT 1 FROM turns NOT INDEXED WHERE id = ?'),
    hasLedger: () => connection.prepare<[string]>('SELECT 1 FROM turns WHERE session_id = ? LIMIT 1'),
    onBranch: () =>
      connection.prepare<[{ readonly turn: number; readonly tip: number }]>(`
      WITH RECURSIVE chain (seq) AS (
        SELECT @tip
        UNION ALL
        SELECT link.parent FROM chain JOIN turns AS link ON link.seq = chain.seq AND link.parent < link.seq
        WHERE link.parent >= @turn
      )
      SELECT 1 FROM chain WHERE seq = @turn`),
  });
}

function selectTurns({ db, drizzle, tables }: SqliteContext) {
  const { eq, getTableColumns, sql } = drizzle;
  const { alias } = loadSqliteCore();
  const { blobs, entries, turns } = tables;
  const before = alias(turns, 'before');
  const system = alias(blobs, 'system');
  const tools = alias(blobs, 'tools');
  const { systemBlob, toolsBlob, ...columns } = getTableColumns(turns);
  return db
    .select({
      ...columns,
      costPicoUsd: sql<string | null>`cast(${turns.costPicoUsd} AS TEXT)`,
      entryId: entries.id,
      parentId: before.id,
      parentHash: before.hash,
      systemHash: system.hash,
      toolsHash: tools.hash,
    })
    .from(turns)
    .leftJoin(entries, eq(entries.seq, turns.entry))
    .leftJoin(before, eq(before.seq, turns.parent))
    .leftJoin(system, eq(system.seq, turns.systemBlob))
    .leftJoin(tools, eq(tools.seq, turns.toolsBlob))
    .$dynamic();
}
