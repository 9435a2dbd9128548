import { CACHE_LIFETIMES, countOrZero } from '@reprise/providers';
import type { LedgerRow } from '../../ledger.ts';
import type { ImportTally } from '../import-report.ts';

/** Remembers, over all files of an import, which responses have their row. A row's id names its response. */
export class CountedResponses {
  readonly #sums = new Map<string, number>();
  readonly #tally: ImportTally;

  constructor(tally: ImportTally) {
    this.#tally = tally;
  }

  /** Whether nothing was counted for this response before. If something was, its `lines` are counted as duplicates. */
  isNew(row: LedgerRow, lines: number): boolean {
    const sum = sumOfCounts(row);
    const known = this.#sums.get(row.id);
    if (known === undefined) this.#sums.set(row.id, sum);
    else this.#tally.addDuplicate(lines, known !== sum);
    return known === undefined;
  }
}

/** Enough to see whether a copy was counted with other numbers. */
function sumOfCounts({ tokens: { fresh, cacheRead, cacheWrite, output } }: LedgerRow): number {
  let sum = countOrZero(fresh) + countOrZero(cacheRead) + countOrZero(output);
  for (const lifetime of CACHE_LIFETIMES) sum += countOrZero(cacheWrite[lifetime]);
  return sum;
}
