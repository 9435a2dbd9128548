import { elapsedMs, median } from './timing.ts';

const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

/** How much longer `work` takes than `reference`: the median over rounds that run one after the other, so that a busy machine slows both. */
export async function medianRatio(work: () => Promise<unknown>, reference: () => Promise<unknown>): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const ratio = (await elapsedMs(work)) / (await elapsedMs(reference));
    if (round >= WARM_UP_ROUNDS) ratios.push(ratio);
  }
  return median(ratios);
}
