/**
 * A session taken back to a snapshot: its conversation, its files, or both.
 *
 * Owns: the order in which the two move, and the way back if one of them cannot.
 * Leaves to the store: what a rewind of a conversation is. To the `FileCheckpointer`: what one of files is. To the session: the lease.
 *
 * B1. The place that is left has a snapshot: rewinding to it, with the same `what`, undoes the rewind.
 * B2. Files are checked and made ready before anything moves; if they cannot be given back, nothing has.
 * B3. What was spent stays spent: only the branch's totals go back.
 * B4. A rewind that a crash stopped in the middle is completed by doing it again.
 */

import type {
  CheckpointStore,
  FileCheckpointer,
  FileReport,
  PreparedRewind,
  SessionId,
  Snapshot,
  SnapshotId,
} from '@reprise/checkpoint';
import { asObject } from '@reprise/providers';
import { describe } from '../content-blocks.ts';
import { AgentError } from '../errors.ts';
import type { Ports } from '../ports.ts';
import type { Recorder } from '../recorder.ts';
import { type AgentState, appendMessage, unansweredCalls } from '../state.ts';
import type { Tool } from '../tools/tool.ts';
import { snapshotContent } from './snapshot-content.ts';
import { answerUndoneCalls } from './undone-calls.ts';

export interface RewindOptions {
  /** A snapshot that the session made, or one of the branch it is on. */
  readonly to: SnapshotId;
  /** `files` leaves the conversation where it is, `conversation` the files. */
  readonly what: 'files' | 'conversation' | 'both';
  /** Leaves files that cannot be given back what they were as they are, and reports them. Default: nothing is rewound. */
  readonly skipUnavailable?: boolean;
}

export interface Rewound {
  /** The conversation as it is now; totals have gone back with it. */
  readonly state: AgentState;
  /** The place that was left: rewinding to it undoes this. */
  readonly left: Snapshot;
  /** What came of each file that was changed since the snapshot; absent unless files were rewound. */
  readonly files?: readonly FileReport[];
}

/** A session that nobody else may write to. */
export interface HeldSession {
  readonly store: CheckpointStore;
  readonly files: FileCheckpointer | undefined;
  readonly ports: Ports;
  readonly sessionId: SessionId;
  readonly fence: number;
  readonly state: AgentState;
}

/** Throws `agent/invalid-option` for what no session can be rewound by, before anything is looked up. */
export function checkRewind(options: RewindOptions): void {
  const { to, what, skipUnavailable } = asObject(options) ?? {};
  if (typeof to !== 'string' || to === '') {
    throw invalid('to', to, 'the id of a snapshot, as snapshots() lists them');
  }
  if (what !== 'files' && what !== 'conversation' && what !== 'both') {
    throw invalid('what', what, "'files', 'conversation' or 'both'");
  }
  if (skipUnavailable !== undefined && typeof skipUnavailable !== 'boolean') {
    throw invalid('skipUnavailable', skipUnavailable, 'true or false');
  }
}

function invalid(name: keyof RewindOptions, value: unknown, expected: string): AgentError {
  const told = typeof value === 'string' ? `'${value}'` : describe(value);
  return new AgentError('agent/invalid-option', `${name} of the rewind is ${told}; it must be ${expected}.`);
}

/** Moves what is asked for. Rejects with `agent/invalid-option`, or a `CheckpointError`; then nothing has moved. */
export async function rewindHeldSession(held: HeldSession, options: RewindOptions): Promise<Omit<Rewound, 'state'>> {
  const { to, what } = options;
  const prepared = what === 'conversation' ? undefined : await prepareFiles(held, options);
  const left = await leavePlace(held, what === 'files' ? undefined : to).catch(async (error: unknown) => {
    await prepared?.discard();
    throw error;
  });
  if (!prepared) return { left };
  const { ports, fence } = held;
  try {
    return { left, files: await prepared.apply({ snapshotId: left.id, at: ports.clock(), fence }) };
  } catch (error) {
    if (what === 'both') await returnTo(held, left, to);
    throw error;
  }
}

/**
 * Answers the calls that a rewind of both to a turn has left open: their files are undone, so what the journal holds of them is not true
 * any more. The place another rewind left is as it was, and needs no answers. Resolves to the state with them.
 */
export async function answerUndoneTurn(
  {
    store,
    state,
    tools,
    recorder,
  }: Pick<HeldSession, 'store' | 'state'> & {
    readonly tools: readonly Tool[];
    readonly recorder: Recorder;
  },
  to: SnapshotId,
): Promise<AgentState> {
  const calls = unansweredCalls(state);
  if (calls.length === 0 || (await store.readSnapshot(to))?.reason !== 'turn') return state;
  const content = answerUndoneCalls(calls, await recorder.journaledCalls(), tools);
  await recorder.message({ role: 'tool', content });
  return appendMessage(state, { role: 'tool', content });
}

async function prepareFiles(
  { store, files, sessionId }: HeldSession,
  { to: snapshotId, skipUnavailable = false }: RewindOptions,
): Promise<PreparedRewind> {
  if (files) return files.prepareRewind(store, { sessionId, snapshotId, skipUnavailable });
  throw new AgentError(
    'agent/invalid-option',
    'Files cannot be rewound without a FileCheckpointer; give one to createAgent as `files`.',
  );
}

/** Makes a snapshot of the place the session is at, and moves to another unless it is to stay. */
async function leavePlace(held: HeldSession, to: SnapshotId | undefined): Promise<Snapshot> {
  const { store, ports, sessionId, fence, state } = held;
  const id = ports.createId();
  const rewind = {
    sessionId,
    fence,
    snapshotId: to ?? id,
    leaving: { ...snapshotContent(sessionId, state), id },
    at: ports.clock(),
  };
  return (await store.rewindSession(rewind)).left;
}

/** Takes a conversation back to where it was, since its files could not follow it. */
async function returnTo(
  { store, ports, sessionId, fence }: HeldSession,
  left: Snapshot,
  to: SnapshotId,
): Promise<void> {
  const { turnCount, messageCount, silentTurnCount, promptPreview, tokenSnapshot } =
    (await store.readSnapshot(to)) ?? left;
  const leaving = { id: ports.createId(), turnCount, messageCount, silentTurnCount, promptPreview, tokenSnapshot };
  await store.rewindSession({ sessionId, fence, snapshotId: left.id, leaving, at: ports.clock() });
}
