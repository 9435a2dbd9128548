import type { CheckpointStore } from '@reprise/checkpoint';

/** A store that counts its transactions by the names of the methods that make them. */
export interface CountingStore {
  readonly store: CheckpointStore;
  readonly counts: ReadonlyMap<string, number>;
}

const READS = /^(read|list|count|watch|find|dump|close|sum)/;

/** Counts calls of whatever is not named as a reader is. */
export function countingStore(inner: CheckpointStore): CountingStore {
  const counts = new Map<string, number>();
  const store = new Proxy(inner, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      if (typeof name === 'symbol' || READS.test(name)) return method.bind(target);
      return (...args: readonly unknown[]) => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        return Reflect.apply(method, target, args);
      };
    },
  });
  return { store, counts };
}
