import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrowingSet } from '../src/growing-set.ts';

it('is the set of what was added to it, whatever else was made of the sets before it', () => {
  const steps = fc.array(fc.record({ from: fc.nat(), value: fc.integer({ min: 0, max: 9 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (additions) => {
      const made = [{ grown: GrowingSet.empty<number>(), plain: new Set<number>() }];
      for (const { from, value } of additions) {
        const { grown, plain } = made[from % made.length] ?? { grown: GrowingSet.empty<number>(), plain: new Set() };
        made.push({ grown: grown.with(value), plain: new Set([...plain, value]) });
      }
      for (const { grown, plain } of made) {
        const known = Array.from({ length: 10 }, (_, value) => value).filter((value) => grown.has(value));
        expect(known).toEqual([...plain].toSorted((one, other) => one - other));
      }
    }),
  );
});
