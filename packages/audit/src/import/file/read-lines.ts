import { open } from 'node:fs/promises';

/** A line of a file that is not blank. */
export interface FileLine {
  /** From 1, blank lines counted. */
  readonly number: number;
  /** Without its end; `undefined` for a line of more than 128 MB, which is not kept. Only good until the next lines are asked for. */
  readonly bytes: Buffer | undefined;
  /** Whether its end was there. Without one it is a line that somebody is writing, or died while writing. */
  readonly isEnded: boolean;
}

/** The lines that a piece of a file ends. */
export interface FileLines {
  readonly lines: readonly FileLine[];
  /** How many bytes the piece had. */
  readonly byteCount: number;
}

const PIECE_BYTES = 1 << 18;
/** Beyond what any log has in a line, and within what a string holds. */
const MAX_LINE_BYTES = 128 << 20;

/** A file's lines, piece by piece: no more of the file is in memory than a piece and the longest line. Rejects as the file system does. */
export async function* readLines(path: string): AsyncGenerator<FileLines, void, undefined> {
  const splitter = new LineSplitter();
  const file = await open(path);
  try {
    // One buffer for all pieces: fresh ones would cost more than what is done with them.
    const buffer = Buffer.allocUnsafeSlow(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES);
      if (bytesRead === 0) break;
      yield { lines: splitter.split(buffer.subarray(0, bytesRead)), byteCount: bytesRead };
    }
    yield { lines: splitter.end(), byteCount: 0 };
  } finally {
    await file.close();
  }
}

const LINE_FEED = 10;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

class LineSplitter {
  /** What has come of the line that is not ended. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  #lastNumber = 0;

  split(piece: Buffer): readonly FileLine[] {
    const lines: FileLine[] = [];
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      const rest = piece.subarray(start, end);
      this.#take(this.#begunBytes === 0 ? rest : this.#finish(rest), true, lines);
      start = end + 1;
    }
    if (start < piece.length) this.#begin(piece.subarray(start));
    return lines;
  }

  /** The last line, if its end is missing. */
  end(): readonly FileLine[] {
    const lines: FileLine[] = [];
    if (this.#begunBytes > 0) this.#take(this.#finish(Buffer.alloc(0)), false, lines);
    return lines;
  }

  #begin(rest: Buffer): void {
    this.#begunBytes += rest.length;
    if (this.#begunBytes > MAX_LINE_BYTES) this.#begun = [];
    else this.#begun.push(Buffer.from(rest));
  }

  #finish(rest: Buffer): Buffer | undefined {
    this.#begin(rest);
    const line = this.#begunBytes > MAX_LINE_BYTES ? undefined : Buffer.concat(this.#begun);
    this.#begun = [];
    this.#begunBytes = 0;
    return line;
  }

  #take(line: Buffer | undefined, isEnded: boolean, lines: FileLine[]): void {
    this.#lastNumber += 1;
    const bytes = this.#lastNumber === 1 && line ? withoutByteOrderMark(line) : line;
    if (bytes === undefined || !isBlank(bytes)) lines.push({ number: this.#lastNumber, bytes, isEnded });
  }
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  const isMarked = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return isMarked ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (!isSpace(byte)) return false;
  return true;
}

/** Whether JSON takes the byte for white space. */
export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === LINE_FEED;
}
