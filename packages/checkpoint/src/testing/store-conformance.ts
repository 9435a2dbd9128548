import { describe } from 'vitest';
import { describeAppends } from './conformance/appends.ts';
import { describeBlobs } from './conformance/blobs.ts';
import { describeCommits } from './conformance/commits.ts';
import { describeDumps } from './conformance/dumps.ts';
import { describeFences } from './conformance/fences.ts';
import { describeFileBackups } from './conformance/file-backups.ts';
import { describeForks } from './conformance/forks.ts';
import { describeToolJournal } from './conformance/journal.ts';
import { describeLeaseWatches } from './conformance/lease-watches.ts';
import { describeLeases } from './conformance/leases.ts';
import { describeLifetime } from './conformance/lifetime.ts';
import { describeLists } from './conformance/lists.ts';
import { describePendingTurns } from './conformance/pending-turns.ts';
import { describeRefusedDumps } from './conformance/refused-dumps.ts';
import { describeRewinds } from './conformance/rewinds.ts';
import { describeRounds } from './conformance/rounds.ts';
import { describeRunEvents } from './conformance/run-events.ts';
import { describeRunLists } from './conformance/run-lists.ts';
import { describeRunWatches } from './conformance/run-watches.ts';
import { describeRuns } from './conformance/runs.ts';
import { describeSessionDeletion } from './conformance/session-deletion.ts';
import { describeSessions } from './conformance/sessions.ts';
import { describeSnapshots } from './conformance/snapshots.ts';
import { describeStandings } from './conformance/standings.ts';
import { type CreatePlace, type StoreSuite, storeSuite } from './conformance/suite.ts';
import { describeTurnSums } from './conformance/turn-sums.ts';

export { type CreatePlace, expectRefusal, type StorePlace } from './conformance/suite.ts';

const concerns: Readonly<Record<string, (suite: StoreSuite) => void>> = {
  sessions: describeSessions,
  lists: describeLists,
  standings: describeStandings,
  appends: describeAppends,
  commits: describeCommits,
  'pending turns': describePendingTurns,
  'sums of turns': describeTurnSums,
  forks: describeForks,
  rewinds: describeRewinds,
  snapshots: describeSnapshots,
  'deleted sessions': describeSessionDeletion,
  'the tool journal': describeToolJournal,
  'rounds of tools': describeRounds,
  leases: describeLeases,
  'watched leases': describeLeaseWatches,
  'the right to write': describeFences,
  blobs: describeBlobs,
  'file backups': describeFileBackups,
  runs: describeRuns,
  'lists of runs': describeRunLists,
  'events of runs': describeRunEvents,
  'watched runs': describeRunWatches,
  dumps: describeDumps,
  'refused dumps': describeRefusedDumps,
  lifetime: describeLifetime,
};

/** The suite every store passes: the rules C1 to C8 of `store.ts`, and every refusal the contract names. */
export function describeStoreConformance(name: string, createPlace: CreatePlace): void {
  // Some tests make hundreds of durable writes.
  describe(`${name} keeps the store contract`, { timeout: 30_000 }, () => {
    const suite = storeSuite(createPlace);
    for (const [concern, describeConcern] of Object.entries(concerns)) {
      describe(concern, () => describeConcern(suite));
    }
  });
}
