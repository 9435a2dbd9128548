import type { Command } from 'commander';
import { CheckpointError } from '../errors.ts';
import type { TurnRow } from '../ledger.ts';
import type { PageQuery } from '../page.ts';
import type { SessionRecord, Snapshot } from '../session.ts';
import type { CheckpointStore } from '../store.ts';
import { positiveNumber } from './arguments.ts';
import { cacheWrites, formatCost, formatCostSum, formatCount, formatJson, formatTime, plural } from './format.ts';
import { withStore } from './open-store.ts';
import { placeOf, STORE } from './store-place.ts';
import { type Column, renderTable } from './table.ts';
import { printable, type Terminal } from './terminal.ts';

interface ReadOptions {
  readonly json?: boolean;
}

interface PageOptions extends PageQuery, ReadOptions {}

/** The commands that look at a store: `sessions`, `snapshots` and `show`. */
export function addReadCommands(program: Command, terminal: Terminal): void {
  addPageOptions(program.command('sessions'), 'in an id, the metadata, a prompt preview or a label')
    .description('list the sessions, newest first')
    .argument('<store>', STORE)
    .action((location: string, options: PageOptions) =>
      withStore(placeOf(program, location), (store) => listSessions(store, options, terminal)),
    );
  addPageOptions(program.command('snapshots'), 'in a prompt preview or a label')
    .description('list the snapshots that a session made, newest first')
    .argument('<store>', STORE)
    .argument('<session>', 'its id')
    .action((location: string, sessionId: string, options: PageOptions) =>
      withStore(placeOf(program, location), (store) => listSnapshots(store, sessionId, { options, terminal })),
    );
  program
    .command('show')
    .description('show the turns of the branch that a session is on: tokens, cost, prompt')
    .argument('<store>', STORE)
    .argument('<session>', 'its id')
    .option('--json', 'print the session and its ledger rows as JSON')
    .action((location: string, sessionId: string, options: ReadOptions) =>
      withStore(placeOf(program, location), (store) => showSession(store, sessionId, { options, terminal })),
    );
}

function addPageOptions(command: Command, searched: string): Command {
  return command
    .option('--search <text>', `only those with this text ${searched}`)
    .option('--limit <number>', 'at most this many', positiveNumber, 50)
    .option('--after <cursor>', 'go on where the last page ended')
    .option('--json', 'print the page as JSON');
}

async function listSessions(store: CheckpointStore, options: PageOptions, terminal: Terminal): Promise<void> {
  const page = await store.listSessions(queryOf(options));
  if (options.json) return terminal.print(formatJson(page));
  if (page.items.length === 0) return terminal.print('No sessions.');
  const rows: SessionLine[] = [];
  for (const session of page.items) rows.push({ session, last: await store.readLastSnapshot(session.id) });
  terminal.print(renderTable(SESSION_COLUMNS, rows, terminal.heading));
  printNext(page.next, terminal);
}

interface SessionLine {
  readonly session: SessionRecord;
  readonly last: Snapshot | undefined;
}

const SESSION_COLUMNS: readonly Column<SessionLine>[] = [
  { name: 'session', cell: ({ session }) => printable(session.id) },
  { name: 'updated UTC', cell: ({ session }) => formatTime(session.updatedAt) },
  { name: 'turns', align: 'right', cell: ({ last }) => formatCount(last?.turnCount ?? 0) },
  { name: 'forked from', cell: ({ session }) => printable(session.forkedFrom?.sessionId ?? '') },
  { name: 'last prompt', cell: ({ last }) => printable(last?.promptPreview ?? '', PREVIEW_WIDTH) },
];

const PREVIEW_WIDTH = 60;

async function listSnapshots(
  store: CheckpointStore,
  sessionId: string,
  { options, terminal }: { readonly options: PageOptions; readonly terminal: Terminal },
): Promise<void> {
  const page = await store.listSnapshots(sessionId, queryOf(options));
  if (options.json) return terminal.print(formatJson(page));
  if (page.items.length === 0) return terminal.print('No snapshots.');
  terminal.print(renderTable(SNAPSHOT_COLUMNS, page.items, terminal.heading));
  printNext(page.next, terminal);
}

const SNAPSHOT_COLUMNS: readonly Column<Snapshot>[] = [
  { name: 'snapshot', cell: ({ id }) => printable(id) },
  { name: 'made UTC', cell: ({ createdAt }) => formatTime(createdAt) },
  { name: 'by', cell: ({ reason }) => reason },
  { name: 'turns', align: 'right', cell: ({ turnCount }) => formatCount(turnCount) },
  { name: 'messages', align: 'right', cell: ({ messageCount }) => formatCount(messageCount) },
  { name: 'label', cell: ({ label }) => printable(label ?? '') },
  { name: 'prompt', cell: ({ promptPreview }) => printable(promptPreview, PREVIEW_WIDTH) },
];

async function showSession(
  store: CheckpointStore,
  sessionId: string,
  { options, terminal }: { readonly options: ReadOptions; readonly terminal: Terminal },
): Promise<void> {
  const session = await requireSession(store, sessionId);
  const turns = await store.readTurns(sessionId);
  if (options.json) return terminal.print(formatJson({ session, turns }));
  const ledger = await store.readLedger(sessionId);
  const previews = new Map((await store.readSnapshots(sessionId)).map((each) => [each.turnId, each.promptPreview]));
  const rows = turns.map((turn, index) => ({ turn, number: index + 1, preview: previews.get(turn.id) ?? '' }));
  if (rows.length > 0) terminal.print(`${renderTable(TURN_COLUMNS, rows, terminal.heading)}\n`);
  terminal.print(`On this branch: ${spent(turns)}. In its lifetime the session has made ${spent(ledger)}.`);
  const pending = await store.readPendingTurn(sessionId);
  if (pending) terminal.print(`A model call is under way, or was cut off, since ${formatTime(pending.startedAt)} UTC.`);
}

interface TurnLine {
  readonly turn: TurnRow;
  readonly number: number;
  readonly preview: string;
}

const TURN_COLUMNS: readonly Column<TurnLine>[] = [
  { name: '#', align: 'right', cell: ({ number }) => formatCount(number) },
  { name: 'started UTC', cell: ({ turn }) => formatTime(turn.startedAt) },
  { name: 'model', cell: ({ turn }) => printable(turn.model, 24) },
  { name: 'fresh', align: 'right', cell: ({ turn }) => formatCount(turn.tokens.fresh) },
  { name: 'read', align: 'right', cell: ({ turn }) => formatCount(turn.tokens.cacheRead) },
  { name: 'written', align: 'right', cell: ({ turn }) => formatCount(cacheWrites(turn.tokens)) },
  { name: 'output', align: 'right', cell: ({ turn }) => formatCount(turn.tokens.output) },
  { name: 'cost', align: 'right', cell: ({ turn }) => formatCost(turn.costPicoUsd) },
  { name: 'stop', cell: ({ turn }) => printable(turn.stopReason) },
  { name: 'prompt', cell: ({ preview }) => printable(preview, PREVIEW_WIDTH) },
];

function spent(turns: readonly TurnRow[]): string {
  return `${plural(turns.length, 'turn')} for ${formatCostSum(turns.map(({ costPicoUsd }) => costPicoUsd))}`;
}

/** Throws `checkpoint/session-missing`. */
export async function requireSession(store: CheckpointStore, sessionId: string): Promise<SessionRecord> {
  const session = await store.readSession(sessionId);
  if (session !== undefined) return session;
  throw new CheckpointError('checkpoint/session-missing', `There is no session '${sessionId}' in this store.`);
}

function queryOf({ search, limit, after }: PageOptions): PageQuery {
  return { search, limit, after };
}

function printNext(next: string | null, terminal: Terminal): void {
  if (next !== null) terminal.print(`\nThere are more: --after ${next}`);
}
