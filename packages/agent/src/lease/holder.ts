import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A name for whoever holds leases in this process: `<host>/<pid>/<random>`. Two hosts that could be taken for each other differ in it. */
export function createHolderName(): string {
  return `${hostName()}/${process.pid}/${randomUUID().slice(0, 8)}`;
}

/** Whether the holder's process certainly runs no more: it ran where this one does, and nothing has its number now. */
export function isHolderGone(holder: string): boolean {
  const [host, pid] = holder.split('/');
  return host === hostName() && pid !== undefined && /^\d+$/.test(pid) && !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    return !(error instanceof Error && Reflect.get(error, 'code') === 'ESRCH');
  }
}

/**
 * The host, and on Linux what tells its process numbers from those of any other: this boot of this kernel and the namespace of processes,
 * which containers do not share.
 */
function hostName(): string {
  const name = hostname().replaceAll('/', '_');
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    const place = createHash('sha256')
      .update(`${boot}${readlinkSync('/proc/self/ns/pid')}`)
      .digest('hex');
    return `${name}+${place.slice(0, 12)}`;
  } catch {
    return name;
  }
}
