/**
 * Damage in a write-ahead log, as SQLite leaves it beside its file (sqlite.org/fileformat2.html, section 4).
 *
 * Owns: telling a log that was damaged from one whose last write was cut off by a crash. Pure.
 * Leaves to SQLite: everything else about a log. It takes the first frame that does not fit for the end, and would silently forget
 * every transaction from there on.
 *
 * D1. A frame with one wrong bit is damaged: no write that was cut off looks like that.
 * D2. A frame that does not fit, in a transaction before the last one, is damaged: it was on the disk before the next one began. That holds
 *     where each commit waits for the disk (`synchronous: 'full'`).
 * D3. A frame that ends the log otherwise is where a write was cut off, or what an older use of the file has left.
 */

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

/** What is damaged in the log, if anything is. `isSynced`: each commit has waited for the disk. */
export function findLogDamage(log: Uint8Array, isSynced: boolean): string | undefined {
  if (log.byteLength <= HEADER_BYTES) return undefined;
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const header = readHeader(view);
  if (header === undefined) {
    // A header that was never written, before frames that were.
    const isBlank = log.subarray(0, HEADER_BYTES).every((byte) => byte === 0);
    return isBlank ? undefined : 'its header';
  }
  return damagedFrame(view, header, isSynced);
}

/** The two running sums of a log, over 32-bit words, modulo 2³². */
type Sums = readonly [number, number];

interface Header {
  readonly isLittleEndian: boolean;
  readonly pageBytes: number;
  readonly salts: Sums;
  readonly sums: Sums;
}

interface Frame {
  readonly offset: number;
  readonly salts: Sums;
  /** As they were written. */
  readonly sums: Sums;
  /** The last frame of a transaction. */
  readonly isCommit: boolean;
}

function readHeader(view: DataView): Header | undefined {
  const isLittleEndian = view.getUint32(0) === MAGIC;
  const sums = pairAt(view, 24);
  const isWhole =
    (isLittleEndian || view.getUint32(0) === MAGIC + 1) &&
    isEqual(sum(view, { isLittleEndian }, [0, 24], [0, 0]), sums);
  return isWhole ? { isLittleEndian, pageBytes: view.getUint32(8), salts: pairAt(view, 16), sums } : undefined;
}

function damagedFrame(view: DataView, header: Header, isSynced: boolean): string | undefined {
  const frames = readFrames(view, header);
  let sums = header.sums;
  for (const [index, frame] of frames.entries()) {
    const actual = sumFrame(view, header, frame, sums);
    const isSame = isEqual(actual, frame.sums);
    const isOurs = isEqual(frame.salts, header.salts);
    if (isSame && isOurs) {
      sums = actual;
      continue;
    }
    const isDamaged = isOurs
      ? hasOneWrongBit(frame.sums, actual, header) ||
        (isSynced && hasLaterTransaction(view, header, frames.slice(index)))
      : isSame;
    return isDamaged ? `frame ${index + 1} of ${frames.length}` : undefined;
  }
  return undefined;
}

function readFrames(view: DataView, { pageBytes }: Header): readonly Frame[] {
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const count = Math.floor((view.byteLength - HEADER_BYTES) / frameBytes);
  return Array.from({ length: count }, (_, index) => {
    const offset = HEADER_BYTES + index * frameBytes;
    const isCommit = view.getUint32(offset + 4) !== 0;
    return { offset, salts: pairAt(view, offset + 8), sums: pairAt(view, offset + 16), isCommit };
  });
}

/** Whether a transaction that began after the one of the first of these frames has come to its commit. */
function hasLaterTransaction(view: DataView, header: Header, frames: readonly Frame[]): boolean {
  let commits = 0;
  for (const [index, frame] of frames.entries()) {
    const before = frames[index - 1];
    const isOurs = isEqual(frame.salts, header.salts);
    if (!isOurs) return false;
    if (before === undefined || !isEqual(sumFrame(view, header, frame, before.sums), frame.sums)) continue;
    if (commits > 0) return true;
    if (frame.isCommit) commits++;
  }
  return false;
}

/** Whether the frame would fit if one of its bits were the other one. */
function hasOneWrongBit(stored: Sums, actual: Sums, { pageBytes }: Header): boolean {
  if (bitCount(stored[0] ^ actual[0]) + bitCount(stored[1] ^ actual[1]) === 1) return true;
  const difference: Sums = [(stored[0] - actual[0]) | 0, (stored[1] - actual[1]) | 0];
  // What a change of 1 in the first and in the second word of a pair comes to, from the last pair to the first.
  let first: Sums = [1, 1];
  let second: Sums = [0, 1];
  for (let pair = (8 + pageBytes) / 8; pair > 0; pair--) {
    if (isPowerOf2Times(first, difference) || isPowerOf2Times(second, difference)) return true;
    first = carried(first);
    second = carried(second);
  }
  return false;
}

function carried([a, b]: Sums): Sums {
  const sum = (a + b) | 0;
  return [sum, (b + sum) | 0];
}

/** Whether `difference` is `unit` times 2ⁿ or -2ⁿ, modulo 2³². */
function isPowerOf2Times([a, b]: Sums, [x, y]: Sums): boolean {
  for (let bit = 0; bit < 32; bit++) {
    const [u, v] = [a << bit, b << bit];
    if ((u === x && v === y) || ((-u | 0) === x && (-v | 0) === y)) return true;
  }
  return false;
}

/** The sums after the first 8 bytes of a frame's header and its page. */
function sumFrame(view: DataView, header: Header, { offset }: Frame, before: Sums): Sums {
  const page = offset + FRAME_HEADER_BYTES;
  return sum(view, header, [page, page + header.pageBytes], sum(view, header, [offset, offset + 8], before));
}

function sum(
  view: DataView,
  { isLittleEndian }: Pick<Header, 'isLittleEndian'>,
  [from, to]: readonly [number, number],
  before: Sums,
): Sums {
  let [a, b] = before;
  for (let offset = from; offset < to; offset += 8) {
    a = (a + view.getUint32(offset, isLittleEndian) + b) | 0;
    b = (b + view.getUint32(offset + 4, isLittleEndian) + a) | 0;
  }
  return [a, b];
}

function pairAt(view: DataView, offset: number): Sums {
  return [view.getInt32(offset), view.getInt32(offset + 4)];
}

function isEqual(one: Sums, other: Sums): boolean {
  return one[0] === other[0] && one[1] === other[1];
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
