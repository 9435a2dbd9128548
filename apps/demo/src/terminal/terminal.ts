import colours from 'yoctocolors';

/** Where the demo writes: plain text, and colours and a line of progress where a person looks on. */
export interface Terminal {
  /** In characters. */
  readonly width: number;
  /** Whether somebody looks on, rather than a file or a pipe. */
  readonly isLive: boolean;
  readonly hasColours: boolean;
  readonly paint: Paint;
  write(text: string): void;
  /** A whole line, on a line of its own. */
  line(text?: string): void;
  /** Ends a line that was begun. */
  endLine(): void;
  /** Says what is being waited for, once that takes more than a second, until the next output. Only where somebody looks on. */
  waitFor(what: string): void;
}

type Paint = Readonly<Record<'strong' | 'muted' | 'good' | 'bad' | 'accent', (text: string) => string>>;

const PLAIN: Paint = { strong: String, muted: String, good: String, bad: String, accent: String };
const COLOURED: Paint = {
  strong: colours.bold,
  muted: colours.dim,
  good: colours.green,
  bad: colours.red,
  accent: colours.cyan,
};

const WIDTH = 80;
const MIN_WIDTH = 40;
const MAX_WIDTH = 100;
const PATIENCE_MS = 1000;
const CLEAR_LINE = '\r\u001B[K';

export function createTerminal(stream: NodeJS.WriteStream): Terminal {
  const isLive = stream.isTTY === true;
  const hasColours = isLive && stream.hasColors();
  let column: 'start' | 'middle' = 'start';
  let waiting: NodeJS.Timeout | undefined;
  let isWaitShown = false;

  function write(text: string): void {
    stopWaiting();
    if (text === '') return;
    stream.write(text);
    column = text.endsWith('\n') ? 'start' : 'middle';
  }

  function endLine(): void {
    stopWaiting();
    if (column === 'middle') write('\n');
  }

  function stopWaiting(): void {
    clearInterval(waiting);
    waiting = undefined;
    if (isWaitShown) stream.write(CLEAR_LINE);
    isWaitShown = false;
  }

  return {
    // A terminal that does not know its size says 0.
    width: Math.max(MIN_WIDTH, Math.min(stream.columns || WIDTH, MAX_WIDTH)),
    isLive,
    hasColours,
    paint: hasColours ? COLOURED : PLAIN,
    write,
    line(text = '') {
      endLine();
      write(`${text}\n`);
    },
    endLine,
    waitFor(what) {
      stopWaiting();
      if (!isLive || column === 'middle') return;
      let seconds = 0;
      waiting = setInterval(() => {
        seconds += 1;
        isWaitShown = true;
        stream.write(`${CLEAR_LINE}  ${what}, ${seconds} s`);
      }, PATIENCE_MS).unref();
    },
  };
}
