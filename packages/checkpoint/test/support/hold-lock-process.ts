import { once } from 'node:events';
import Database from 'better-sqlite3';

// Holds the write lock of the database at argv[2] from the line it prints until it is sent one.

const connection = new Database(process.argv[2]);
connection.exec('BEGIN IMMEDIATE');
process.stdout.write('locked\n');
await once(process.stdin, 'data');
connection.close();
process.stdin.destroy();
