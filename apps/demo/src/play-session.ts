import { createKillPoint } from './kill-point.ts';
import { type DemoPlan, withPlannedStore } from './plan.ts';
import { readStored, type StoredSession } from './proof.ts';
import type { SessionMessage, SessionTask, Totals } from './session/protocol.ts';
import { type SessionEnd, superviseSession } from './session/session-supervisor.ts';
import type { Report } from './terminal/report.ts';
import type { SessionLog } from './terminal/session-log.ts';

export interface PlayOptions {
  readonly plan: DemoPlan;
  readonly sessionId: string;
  /** Where the model is, if not at its vendor's. */
  readonly baseURL: string | undefined;
  /** What a session process is started from. */
  readonly mainFile: string;
  readonly signal: AbortSignal;
  readonly log: SessionLog;
  readonly report: Report;
}

export interface Played {
  /** What the last process had counted in the end; none if the session was stopped. */
  readonly state: Totals | undefined;
  /** The session as the kill has left it; none if there was no kill. */
  readonly atKill: StoredSession | undefined;
  /** Of the turns that were announced as committed. */
  readonly announcedSnapshots: readonly string[];
}

/** Plays the session, in one process after the other, until its questions are answered or it is stopped. Rejects with what it failed of. */
export async function playSession(options: PlayOptions): Promise<Played> {
  const { plan, sessionId, log, report } = options;
  const witness = createWitness(options);
  try {
    let end = await playProcess(options, witness);
    let atKill: StoredSession | undefined;
    if (end.outcome === 'killed') {
      log.end();
      atKill = await withPlannedStore(plan, (store) => readStored(store, sessionId));
      report.killed(end.processId, atKill);
      end = await playProcess(options, witness);
    }
    log.end();
    if (end.outcome === 'stopped') sayStopped(options, witness);
    else if (witness.questionsBegun === 0) report.nothingOpen();
    const { state, announcedSnapshots } = witness;
    return { state: end.outcome === 'ended' ? state : undefined, atKill, announcedSnapshots };
  } catch (error) {
    log.end();
    if (witness.hasBegun) sayStopped(options, witness);
    throw error;
  }
}

function sayStopped({ plan, report }: PlayOptions, { hasBegun, questionsAsked }: Witness): void {
  report.stopped(hasBegun, plan.questions.slice(questionsAsked));
}

/** What the session's processes have told so far, all of them together. */
interface Witness {
  hasBegun: boolean;
  questionsBegun: number;
  /** Of those that the plan asks. */
  questionsAsked: number;
  readonly announcedSnapshots: string[];
  state: Totals | undefined;
  takeNote(message: SessionMessage): 'go-on' | 'kill';
}

function createWitness({ plan, log }: PlayOptions): Witness {
  const isKillPoint = plan.kills ? createKillPoint(plan.questions.length) : () => false;
  const witness: Witness = {
    hasBegun: false,
    questionsBegun: 0,
    questionsAsked: 0,
    announcedSnapshots: [],
    state: undefined,
    takeNote(message) {
      log.show(message);
      if (message.type === 'opened') witness.hasBegun = true;
      if (message.type === 'question-start') witness.questionsBegun += 1;
      if (message.type === 'question-start' && message.isNew) witness.questionsAsked += 1;
      if (message.type === 'turn-end' && message.snapshotId !== undefined) {
        witness.announcedSnapshots.push(message.snapshotId);
      }
      if (message.type === 'ended') witness.state = message.totals;
      return isKillPoint(message) ? 'kill' : 'go-on';
    },
  };
  return witness;
}

/** One process, which asks what has not been asked yet. */
function playProcess(
  { plan, sessionId, baseURL, mainFile, signal }: PlayOptions,
  witness: Witness,
): Promise<SessionEnd> {
  const { database, folder, model, questions } = plan;
  const task: SessionTask = {
    database,
    sessionId,
    folder,
    model: baseURL === undefined ? model : { ...model, baseURL },
    questions: questions.slice(witness.questionsAsked),
  };
  return superviseSession({ mainFile, task, signal, onMessage: witness.takeNote });
}
