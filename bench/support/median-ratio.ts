const ROUNDS = 9;
const WARM_UP_ROUNDS = 2;

/** How much longer `work` takes than `reference`: the median over rounds that run one after the other, so that a busy machine slows both. */
export async function medianRatio(work: () => Promise<unknown>, reference: () => Promise<unknown>): Promise<number> {
  const ratios: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
    const ratio = (await elapsed(work)) / (await elapsed(reference));
    if (round >= WARM_UP_ROUNDS) ratios.push(ratio);
  }
  return ratios.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
