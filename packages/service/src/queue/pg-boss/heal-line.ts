/**
 * What keeps the line as the store says it should be.
 *
 * H1. A run that has not ended is in line, also if a process died between its creation and its place in line.
 * H2. A run whose worker is known to be gone is given back without waiting for its claim to run out.
 */

import type { CheckpointStore, RunId, RunRecord, RunState } from '@reprise/checkpoint';
import { asQueued } from '../recover-runs.ts';
import type { JobLine, JobPlace } from './job-line.ts';

export interface LineParts {
  readonly store: CheckpointStore;
  readonly line: JobLine;
  /** Whether the holder of a run's last attempt certainly runs no more. */
  readonly isHolderGone: (holder: string) => boolean;
}

const PAGE = 1000;

/** Of more open runs than this the oldest ones wait for their turn: the newer ones have to end first. */
const MAX_PAGES = 10;

/** A claim as young as this may be that of a worker who has not said so in the store yet, in milliseconds. */
const NEW_CLAIM_MS = 3000;

/** Puts runs in line that should be there and are not, the oldest first. Resolves to how many. */
export async function putMissingRuns({ store, line }: LineParts): Promise<number> {
  const runs = await openRuns(store, ['waiting', 'going']);
  if (runs.length === 0) return 0;
  const places = await line.places(runs.map(({ id }) => id));
  const missing = runs.filter(({ id }) => places.get(id)?.isOver !== false);
  await line.forget(missing.flatMap(({ id }) => places.get(id) ?? []));
  for (const run of missing.reverse()) await line.put(asQueued(run));
  return missing.length;
}

/** Gives back runs whose worker is gone. Resolves to how many. */
export async function giveBackOrphans({ store, line, isHolderGone }: LineParts): Promise<number> {
  const gone = holdersGone(await openRuns(store, ['going']), isHolderGone);
  if (gone.length === 0) return 0;
  const orphans = [...(await line.places(gone)).values()].filter(isOldClaim);
  for (const orphan of orphans) await line.giveBack(orphan);
  return orphans.length;
}

function holdersGone(runs: readonly RunRecord[], isHolderGone: LineParts['isHolderGone']): readonly RunId[] {
  const holders = new Set(runs.flatMap(({ holder }) => holder ?? []));
  const gone = new Set([...holders].filter(isHolderGone));
  return runs.filter(({ holder }) => holder !== null && gone.has(holder)).map(({ id }) => id);
}

function isOldClaim({ isClaimed, claimAgeMs }: JobPlace): boolean {
  return isClaimed && claimAgeMs > NEW_CLAIM_MS;
}

/** Newest first. */
async function openRuns(store: CheckpointStore, states: readonly RunState[]): Promise<RunRecord[]> {
  const runs: RunRecord[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await store.listRuns({ states, limit: PAGE, after });
    runs.push(...page.items);
    if (page.next === null) break;
    after = page.next;
  }
  return runs;
}
