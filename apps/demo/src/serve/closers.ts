/** What has to be closed, the last that was opened first. */
export interface Closers {
  add(close: () => Promise<unknown>): void;
  /** Closes everything, whatever fails; then rejects with the first failure. */
  close(): Promise<void>;
}

export function createClosers(): Closers {
  const open: (() => Promise<unknown>)[] = [];
  return {
    add: (close) => void open.push(close),
    async close() {
      const failures: unknown[] = [];
      for (const close of open.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
  };
}
