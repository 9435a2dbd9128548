import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Changes the store behind the back of its rules. */
export function tamper(path: string, sql: string): void {
  const connection = new Database(path);
  connection.pragma('foreign_keys = OFF');
  connection.pragma('ignore_check_constraints = ON');
  connection.exec(sql);
  connection.close();
}

/**
 * The same while the database does not know of the index `name`, so that what is written is not written there: rows that are deleted stay
 * in the index, and rows that are changed stay as they were.
 */
export function tamperPastIndex(path: string, name: string, sql: string): void {
  const hide = `DELETE FROM sqlite_schema WHERE name = '${name}'`;
  tamperPastSchema(path, { name, hide, show: 'INSERT INTO sqlite_schema SELECT * FROM hidden' }, sql);
}

/** The same while the columns of the table `name` take values of any kind. */
export function tamperPastTypes(path: string, name: string, sql: string): void {
  const hide = `UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = '${name}'`;
  const show = `UPDATE sqlite_schema SET sql = (SELECT sql FROM hidden) WHERE name = '${name}'`;
  tamperPastSchema(path, { name, hide, show }, sql);
}

function tamperPastSchema(
  path: string,
  { name, hide, show }: { readonly name: string; readonly hide: string; readonly show: string },
  sql: string,
): void {
  const connection = new Database(path);
  connection.unsafeMode(true);
  connection.pragma('foreign_keys = OFF');
  connection.pragma('writable_schema = ON');
  connection.exec(`CREATE TEMP TABLE hidden AS SELECT * FROM sqlite_schema WHERE name = '${name}'; ${hide}`);
  connection.pragma('writable_schema = RESET');
  connection.exec(sql);
  connection.pragma('writable_schema = ON');
  connection.exec(show);
  connection.close();
}

/** Overwrites the page on which a table begins. */
export function spoilPage(path: string, table: string): void {
  const connection = new Database(path, { readonly: true });
  const select = connection.prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?');
  const page = select.pluck().get(table) ?? 0;
  const size = Number(connection.pragma('page_size', { simple: true }));
  connection.close();
  writeFileSync(path, readFileSync(path).fill(0xa5, (page - 1) * size, page * size));
}
