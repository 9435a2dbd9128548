import { createMemoryPlace, openMemoryStore } from '../src/memory/memory-store.ts';
import { describeStoreConformance } from '../src/testing/index.ts';

describeStoreConformance('the memory store', () => {
  const place = createMemoryPlace();
  return { open: ({ clock }) => openMemoryStore({ clock, place }), remove: () => undefined };
});
