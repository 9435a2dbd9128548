/**
 * The places in a store where a crash may happen, in the order they are passed. A store calls the function it was opened with at each of
 * them, so that a test can end the process there.
 */
export type StoreFaultPoint =
  /** A write's transaction has begun and nothing is written yet. */
  | 'store/begun'
  /** The blobs are written. */
  | 'store/blobs-written'
  /** The entries are written. */
  | 'store/entries-written'
  /** The ledger row is written. */
  | 'store/turn-written'
  /** The snapshot is written. */
  | 'store/snapshot-written'
  /** Everything is written and not committed. */
  | 'store/written'
  /** The transaction is committed and its caller does not know yet. */
  | 'store/committed';

export type OnStoreFaultPoint = (point: StoreFaultPoint) => void;

/** The places in a file checkpointer where a crash may happen, in the order they are passed. */
export type FileFaultPoint =
  /** What files are before a change is kept, and the change may begin. */
  | 'files/kept'
  /** The content of every file to be given back lies beside it. */
  | 'files/staged'
  /** What the files are before they are given back is kept. */
  | 'files/leaving-kept'
  /** One more file, if there was one, has a second name, or only that, and is about to be given back. */
  | 'files/set-aside'
  /** It was given back. */
  | 'files/swapped';

export type OnFileFaultPoint = (point: FileFaultPoint) => void;
