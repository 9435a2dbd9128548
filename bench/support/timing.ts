/** How long the work takes, in milliseconds. */
export async function elapsedMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The median of each work over rounds in which one is done after the other, so that a busy machine slows all of them. */
export async function interleavedMedians(
  rounds: number,
  works: readonly (() => Promise<number>)[],
): Promise<readonly number[]> {
  const times = works.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, work] of works.entries()) times[index]?.push(await work());
  }
  return times.map(median);
}
