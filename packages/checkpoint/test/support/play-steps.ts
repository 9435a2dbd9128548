import fc from 'fast-check';
import type { CheckpointStore } from '../../src/index.ts';
import { abandon, append, begin, commit, create, createNew, fork, rewind, stale } from './branch-plays.ts';
import type { Game, Play } from './game.ts';
import { appendRunEvents, askRun, deleteRuns, stopRun, takeUpRun } from './run-plays.ts';
import { emptyModel } from './session-model.ts';
import {
  acquire,
  deleteSession,
  deleteSnapshots,
  finishCall,
  label,
  release,
  reopen,
  round,
  startCall,
  transplant,
  wait,
} from './upkeep-plays.ts';

/** What may be done, and how often it is. */
const plays: readonly (readonly [(play: Play) => Promise<void>, number])[] = [
  [create, 2],
  [fork, 4],
  [append, 4],
  [commit, 8],
  [stale, 1],
  [begin, 2],
  [abandon, 1],
  [rewind, 5],
  [label, 1],
  [deleteSnapshots, 3],
  [deleteSession, 2],
  [transplant, 2],
  [startCall, 3],
  [finishCall, 2],
  [round, 4],
  [askRun, 3],
  [takeUpRun, 3],
  [appendRunEvents, 5],
  [stopRun, 1],
  [deleteRuns, 1],
  [acquire, 2],
  [release, 1],
  [wait, 1],
  [reopen, 1],
];

const playNamed = new Map(plays.map(([play]) => [play.name, play]));
const kinds = plays.map(([play, weight]) => ({ weight, arbitrary: fc.constant(play.name) }));

/** One thing that is done to a store. What it is done to is picked among what there is by then. */
export interface Step extends Pick<Play, 'pick' | 'choice' | 'claim'> {
  readonly kind: string;
}

/** Few sessions and few texts, so that branches often meet at the same place. */
export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.oneof(...kinds),
    pick: fc.nat(7),
    choice: fc.nat(11),
    claim: fc.constantFrom<Play['claim'][]>(...Array(8).fill('right'), 'none', 'stale'),
  }),
  { maxLength: 60, size: 'max' },
);

/** Does each step to the store and to the model. `afterStep` is told which session it was done to, `atEnd` when all are done. */
export async function playSteps(
  openAt: (clock: () => number) => CheckpointStore | Promise<CheckpointStore>,
  steps: readonly Step[],
  hears: {
    readonly afterStep: (game: Game, sessionId: string) => Promise<void>;
    readonly atEnd: (game: Game) => Promise<void>;
  },
): Promise<void> {
  const model = emptyModel();
  const open = async () => openAt(() => model.now);
  const game: Game = { store: await open(), model, open };
  try {
    for (const [index, { kind, ...step }] of steps.entries()) {
      const name = `${index}`;
      const ids = [...model.sessions.keys()];
      const session = model.sessions.get(ids[step.pick % Math.max(1, ids.length)] ?? '');
      if (session === undefined) await createNew(game, name, index);
      else await playNamed.get(kind)?.({ game, session, ...step, name, index });
      await hears.afterStep(game, session?.id ?? name);
    }
    await hears.atEnd(game);
  } finally {
    await game.store.close();
  }
}
