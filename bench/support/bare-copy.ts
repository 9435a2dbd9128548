import { openSqliteStore } from '@reprise/checkpoint';
import Database from 'better-sqlite3';

type Row = Readonly<Record<string, unknown>>;

interface BareFiles {
  readonly origin: string;
  readonly path: string;
  readonly synchronous: 'full' | 'normal';
}

/** Tables that only grow, in an order in which a row comes after those it names. */
const GROWING = ['entries', 'turns', 'snapshots'] as const;

/**
 * A file with the tables of a store, into which the rows of another store are written by hand: what they cost without the store's work.
 *
 * B1. The rows are read beforehand, so a transaction is its statements and nothing else.
 * B2. It ends with the same rows; `assertSame` looks.
 */
export class BareCopy {
  readonly #origin: Database.Database;
  readonly #copy: Database.Database;
  readonly #lastSeqs = new Map<string, number>();

  readonly #statements = new Map<string, Database.Statement>();

  /** A copy of the store's file `origin` as it is now, at `path`. */
  static async create(files: BareFiles): Promise<BareCopy> {
    // Made by the store, so that the page size, the indexes and the constraints are its own.
    await openSqliteStore({ path: files.path }).close();
    const copy = new BareCopy(files);
    copy.next()();
    return copy;
  }

  private constructor({ origin, path, synchronous }: BareFiles) {
    this.#origin = new Database(origin, { readonly: true });
    this.#copy = new Database(path);
    this.#copy.pragma(`synchronous = ${synchronous}`);
  }

  /** The transaction that writes what the store has written since the last one. */
  next(): () => void {
    const steps = [...GROWING.flatMap((table) => this.#additions(table)), ...this.#sessions(), ...this.#pendingTurns()];
    const write = this.#copy.transaction(() => {
      for (const [statement, row] of steps) statement.run(row);
    });
    return () => write.immediate();
  }

  /** Throws unless both files hold the same. */
  assertSame(): void {
    for (const table of [...GROWING, 'sessions', 'pending_turns']) {
      const [ours, bare] = [this.#origin, this.#copy].map((file) => JSON.stringify(rowsOf(file, table)));
      if (ours !== bare) throw new Error(`The bare file holds other rows of ${table} than the store's.`);
    }
  }

  close(): void {
    this.#origin.close();
    this.#copy.close();
  }

  #additions(table: string) {
    const rows = rowsOf(this.#origin, table, `WHERE seq > ${this.#lastSeqs.get(table) ?? 0}`);
    const lastSeq = rows.at(-1)?.['seq'];
    if (typeof lastSeq === 'number') this.#lastSeqs.set(table, lastSeq);
    return rows.map((row) => [this.#statement(insertText(table, row)), row] as const);
  }

  #sessions() {
    const isNew = rowsOf(this.#copy, 'sessions').length === 0;
    const text = isNew ? insertText : updateText;
    return rowsOf(this.#origin, 'sessions').map((row) => [this.#statement(text('sessions', row)), row] as const);
  }

  #pendingTurns() {
    const [wanted] = rowsOf(this.#origin, 'pending_turns');
    const [present] = rowsOf(this.#copy, 'pending_turns');
    if (wanted && !present) return [[this.#statement(insertText('pending_turns', wanted)), wanted] as const];
    if (wanted || !present) return [];
    return [[this.#statement('DELETE FROM pending_turns WHERE seq = @seq'), present] as const];
  }

  #statement(text: string): Database.Statement {
    const known = this.#statements.get(text);
    const statement = known ?? this.#copy.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function rowsOf(file: Database.Database, table: string, where = ''): readonly Row[] {
  // What the driver hands out: a row by column names.
  return file.prepare(`SELECT * FROM ${table} ${where} ORDER BY 1`).all() as Row[];
}

function insertText(table: string, row: Row): string {
  const names = Object.keys(row);
  return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `@${name}`).join(', ')})`;
}

function updateText(table: string, row: Row): string {
  const changes = Object.keys(row).filter((name) => name !== 'seq' && name !== 'id');
  return `UPDATE ${table} SET ${changes.map((name) => `${name} = @${name}`).join(', ')} WHERE seq = @seq`;
}
