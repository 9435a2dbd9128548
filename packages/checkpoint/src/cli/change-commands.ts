import { randomUUID } from 'node:crypto';
import { type Command, CommanderError } from 'commander';
import { applyRetention, type RetentionPolicy, type RetentionReport } from '../retention.ts';
import type { SnapshotContent } from '../session.ts';
import type { CheckpointStore } from '../store.ts';
import { duration, wholeNumber } from './arguments.ts';
import { plural } from './format.ts';
import { withStore } from './open-store.ts';
import { requireSession } from './read-commands.ts';
import { placeOf, STORE } from './store-place.ts';
import { printable, type Terminal } from './terminal.ts';

/** The commands that change a store: `fork`, `rewind`, `label`, `delete` and `prune`. */
export function addChangeCommands(program: Command, terminal: Terminal): void {
  addBranchCommands(program, terminal);
  program
    .command('delete')
    .description('delete a session for good; its forks keep what they have')
    .argument('<store>', STORE)
    .argument('<session>', 'its id')
    .option('--yes', 'do it; without this, only say what would go')
    .action((location: string, sessionId: string, options: { readonly yes?: boolean }) =>
      withStore(placeOf(program, location), (store) =>
        deleteSession(store, sessionId, { isSure: options.yes ?? false, terminal }),
      ),
    );
  program
    .command('prune')
    .description('delete old snapshots and old sessions; what has a label stays, and so do sessions in use')
    .argument('<store>', STORE)
    .option('--keep-snapshots <number>', 'of each session, keep this many of the newest snapshots', wholeNumber)
    .option('--older-than <duration>', 'delete sessions that were last used longer ago, such as 30d', duration)
    .option('--dry-run', 'only say what would go')
    .action((location: string, options: PruneOptions) => {
      const policy = policyOf(options, Date.now());
      return withStore(placeOf(program, location), async (store) => {
        for (const line of reportLines(await applyRetention(store, policy), policy)) terminal.print(line);
      });
    });
}

function addBranchCommands(program: Command, terminal: Terminal): void {
  program
    .command('fork')
    .description('make a new session that goes on from a snapshot; nothing is copied')
    .argument('<store>', STORE)
    .argument('<snapshot>', 'its id')
    .option('--id <id>', 'of the new session (default: a random one)')
    .action((location: string, snapshotId: string, options: { readonly id?: string }) =>
      withStore(placeOf(program, location), async (store) => {
        const fork = { id: options.id ?? randomUUID(), createdAt: Date.now(), snapshotId };
        terminal.print(printable((await store.forkSession(fork)).id));
      }),
    );
  program
    .command('rewind')
    .description(
      'take a conversation back to a snapshot, its files stay; the place it leaves gets a snapshot of its own',
    )
    .argument('<store>', STORE)
    .argument('<session>', 'its id')
    .argument('<snapshot>', 'its id')
    .action((location: string, sessionId: string, snapshotId: string) =>
      withStore(placeOf(program, location), (store) => rewind(store, sessionId, { snapshotId, terminal })),
    );
  program
    .command('label')
    .description('name a snapshot, or take its name away: nothing with a label is pruned')
    .argument('<store>', STORE)
    .argument('<snapshot>', 'its id')
    .argument('[label]', 'the name; none takes it away')
    .action((location: string, snapshotId: string, label: string | undefined) =>
      withStore(placeOf(program, location), async (store) => {
        await store.labelSnapshot({ snapshotId, label: label ?? null });
      }),
    );
}

async function rewind(
  store: CheckpointStore,
  sessionId: string,
  { snapshotId, terminal }: { readonly snapshotId: string; readonly terminal: Terminal },
): Promise<void> {
  const leaving = { id: randomUUID(), ...(await presentPlace(store, sessionId)) };
  const { left } = await store.rewindSession({ sessionId, snapshotId, leaving, at: Date.now() });
  terminal.print(`Rewound. To undo it: rewind <store> ${printable(sessionId)} ${left.id}`);
}

/** The counters at a session's tip: those of its last turn, and a message an entry since. */
async function presentPlace(store: CheckpointStore, sessionId: string): Promise<SnapshotContent> {
  const last = await store.readLastSnapshot(sessionId);
  const entries = await store.readEntries(sessionId);
  const since = entries.length - 1 - entries.findIndex(({ id }) => id === last?.entryId);
  return {
    turnCount: last?.turnCount ?? 0,
    messageCount: (last?.messageCount ?? 0) + since,
    silentTurnCount: last?.silentTurnCount ?? 0,
    promptPreview: last?.promptPreview ?? '',
    tokenSnapshot: last?.tokenSnapshot ?? { input: 0, output: 0, reasoning: 0, cacheRead: 0, cacheWrite: 0 },
  };
}

async function deleteSession(
  store: CheckpointStore,
  sessionId: string,
  { isSure, terminal }: { readonly isSure: boolean; readonly terminal: Terminal },
): Promise<void> {
  await requireSession(store, sessionId);
  const turns = plural((await store.readLedger(sessionId)).length, 'turn');
  const session = `session '${printable(sessionId)}' with the ${turns} it has made`;
  if (!isSure)
    throw new CommanderError(2, 'reprise.unsure', `This would delete ${session}, for good. Add --yes to do it.`);
  await store.deleteSession({ sessionId });
  terminal.print(`Deleted ${session}.`);
}

interface PruneOptions {
  readonly keepSnapshots?: number;
  readonly olderThan?: number;
  readonly dryRun?: boolean;
}

function policyOf({ keepSnapshots, olderThan, dryRun = false }: PruneOptions, now: number): RetentionPolicy {
  if (keepSnapshots === undefined && olderThan === undefined) {
    throw new CommanderError(2, 'reprise.usage', 'Say what is to go: --keep-snapshots, --older-than or both.');
  }
  return {
    now,
    dryRun,
    ...(keepSnapshots === undefined ? {} : { keepSnapshots }),
    ...(olderThan === undefined ? {} : { deleteSessionsOlderThanMs: olderThan }),
  };
}

function reportLines(report: RetentionReport, { dryRun }: RetentionPolicy): readonly string[] {
  const { deletedSessions, deletedSnapshots, skipped } = report;
  const verb = dryRun ? 'would delete' : 'deleted';
  return [
    ...deletedSessions.map((id) => `${verb} session ${printable(id)}`),
    ...deletedSnapshots.map((id) => `${verb} snapshot ${printable(id)}`),
    ...skipped.map(({ sessionId, reason }) => `kept session ${printable(sessionId)}: ${SKIP_WORDS[reason]}`),
    `${verb} ${plural(deletedSessions.length, 'session')} and ${plural(deletedSnapshots.length, 'snapshot')}`,
  ];
}

const SKIP_WORDS = { 'in-use': 'it is in use', labelled: 'it has a snapshot with a label' } as const;
