/**
 * What an audit costs, as ratios within one run: importing the logs of others, to a plain parse of their lines; adding up a
 * store, to bare sums in SQL.
 *
 *     npx pnpm --filter @reprise/bench audit
 */

import { printImport } from './support/import-cost.ts';
import { printStoreSummary } from './support/store-summary.ts';
import { tempFolder } from './support/temp-folder.ts';

await printImport(tempFolder());
await printStoreSummary(tempFolder());
