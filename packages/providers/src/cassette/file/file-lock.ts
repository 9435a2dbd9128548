import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { asObject } from '../../json.ts';
import { CassetteError } from '../cassette-error.ts';

// Writers hold a lock for one append, or for the rewriting of one file.
const STALE_AFTER_MS = 10_000;
const TIMEOUT_MS = 30_000;
const RETRY_MS = 5;

/**
 * Does `work` while no other process that asks for the same file does its own. Waits up to half a minute, then rejects with
 * `cassette/busy`. The lock of a process that ended, or that kept it for ten seconds, is taken over.
 */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = `${path}.lock`;
  const token = JSON.stringify({ pid: process.pid, id: randomUUID() });
  const giveUpAt = Date.now() + TIMEOUT_MS;
  while (!(await succeeds(writeFile(lock, token, { flag: 'wx' }), 'EEXIST'))) {
    if (Date.now() > giveUpAt) throw new CassetteError('cassette/busy', `Another process keeps ${lock}.`);
    if (!(await takeStaleLock(lock))) await sleep(RETRY_MS * (1 + Math.random()));
  }
  try {
    return await work();
  } finally {
    if ((await readLock(lock)) === token) await rm(lock, { force: true });
  }
}

/** Whether a stale lock was removed. */
async function takeStaleLock(lock: string): Promise<boolean> {
  const token = await readLock(lock);
  if (token === undefined || !(await isStale(lock, token))) return false;
  const aside = `${lock}.${randomUUID()}`;
  if (!(await succeeds(rename(lock, aside), 'ENOENT'))) return false;
  // Another process may have taken the stale lock over since it was read: then this one is alive, and goes back.
  if ((await readLock(aside)) !== token) await succeeds(link(aside, lock), 'EEXIST');
  await rm(aside, { force: true });
  return true;
}

async function isStale(lock: string, token: string): Promise<boolean> {
  const stats = await stat(lock).catch(() => undefined);
  if (stats === undefined) return false;
  if (Date.now() - stats.mtimeMs > STALE_AFTER_MS) return true;
  const pid = readPid(token);
  return pid !== undefined && !isAlive(pid);
}

/** Nothing while its owner has still to write it. */
function readPid(token: string): number | undefined {
  try {
    const pid = asObject(JSON.parse(token))?.['pid'];
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

async function readLock(lock: string): Promise<string | undefined> {
  return readFile(lock, 'utf8').catch(() => undefined);
}

async function succeeds(work: Promise<unknown>, expected: string): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (errorCode(error) === expected) return false;
    throw error;
  }
}

function errorCode(error: unknown): unknown {
  return asObject(error)?.['code'];
}
