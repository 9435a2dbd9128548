import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { CheckpointError } from '../errors.ts';

/** The lines of an export, one after the other. */
export interface ExportLines {
  /** The next line; `expected` says what it has to be, for when there is none. Rejects with `checkpoint/invalid-import`. */
  next(expected: string): Promise<ExportLine>;
  /** The hash of the lines so far, as an end mark has it. */
  hashSoFar(): string;
  /** Rejects with `checkpoint/invalid-import` if there is anything more. */
  requireEnd(): Promise<void>;
  /** Lets go of where the text comes from. */
  close(): Promise<void>;
}

export interface ExportLine {
  /** Its place in the text, from 1. */
  readonly number: number;
  readonly json: unknown;
}

/** The error for an export that is refused because of this line. */
export function refusal(line: number, problem: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    'checkpoint/invalid-import',
    `The session cannot be imported: line ${line} ${problem}. Nothing was written; export it again, or use another copy of the file.`,
    { cause },
  );
}

export function openExportLines(
  content: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): ExportLines {
  const lines = splitLines(bytesOf(content));
  const hash = createHash('sha256');
  let number = 0;

  const read = async (): Promise<Line | undefined> => {
    number += 1;
    return (await lines.next()).value ?? undefined;
  };

  return {
    next: async (expected) => {
      const line = await read();
      if (line === undefined) throw refusal(number, `is missing: the text ends where ${expected} is expected`);
      hash.update(line.bytes).update('\n');
      return { number, json: parse(line, number) };
    },
    hashSoFar: () => `sha256:${hash.copy().digest('hex')}`,
    requireEnd: async () => {
      if ((await read()) !== undefined) throw refusal(number, 'comes after the end mark');
    },
    close: async () => void (await lines.return(undefined)),
  };
}

interface Line {
  readonly bytes: Buffer;
  /** Whether a line feed ends it; the last line of a text may lack it. */
  readonly isWhole: boolean;
}

function parse({ bytes, isWhole }: Line, number: number): unknown {
  if (!isUtf8(bytes)) throw refusal(number, 'is no UTF-8 text');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw refusal(number, isWhole ? 'is no JSON' : 'is cut short: the text ends in the middle of it', error);
  }
}

/** The bytes of UTF-8 text. A piece of text may end in the middle of a character that takes two code units. */
async function* bytesOf(
  content: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<Buffer> {
  let half = '';
  for await (const piece of content) {
    if (typeof piece === 'string') {
      const text = half + piece;
      half = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? '';
      yield Buffer.from(text.slice(0, text.length - half.length), 'utf8');
    } else {
      yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    }
  }
}

const LINE_FEED = 0x0a;

async function* splitLines(pieces: AsyncIterable<Buffer>): AsyncGenerator<Line, undefined> {
  // A line may be as long as the largest blob, so its pieces are put together once.
  let line: Buffer[] = [];
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      yield { bytes: Buffer.concat([...line, piece.subarray(start, end)]), isWhole: true };
      line = [];
      start = end + 1;
    }
    if (start < piece.length) line.push(piece.subarray(start));
  }
  if (line.length > 0) yield { bytes: Buffer.concat(line), isWhole: false };
}
