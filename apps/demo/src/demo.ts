import { randomBytes } from 'node:crypto';
import { auditSession } from '@reprise/audit';
import { type DemoPlan, withPlannedStore } from './plan.ts';
import { playSession } from './play-session.ts';
import { proveTotals, readStored } from './proof.ts';
import { startSimulatedVendor } from './simulated-vendor.ts';
import { createReport } from './terminal/report.ts';
import { createSessionLog } from './terminal/session-log.ts';
import type { Terminal } from './terminal/terminal.ts';

export interface DemoOptions {
  readonly plan: DemoPlan;
  readonly terminal: Terminal;
  /** What a session process is started from. */
  readonly mainFile: string;
  readonly signal: AbortSignal;
}

/** Between two words of the simulated model: fast enough to be over soon, slow enough to read along. In milliseconds. */
const WORD_DELAY = 25;

/** Runs the demo. False if it was stopped, or if a claim does not hold. Rejects with an error that says what to do. */
export async function runDemo({ plan, terminal, mainFile, signal }: DemoOptions): Promise<boolean> {
  const sessionId = plan.sessionId ?? randomBytes(4).toString('hex');
  const turnsBefore = await withPlannedStore(plan, async (store) =>
    // All of it is read, so that a damaged session is refused before anything is said of it.
    plan.sessionId === undefined ? 0 : (await readStored(store, plan.sessionId)).turns.length,
  );
  const vendor = plan.model.isSimulated ? await startSimulatedVendor(terminal.isLive ? WORD_DELAY : 0) : undefined;
  const report = createReport(terminal, plan, sessionId);
  const log = createSessionLog(terminal, plan.questions.length);
  try {
    report.header();
    const options = { plan, sessionId, baseURL: vendor?.url, mainFile, signal, log, report };
    const { state, ...played } = await playSession(options);
    if (!state) return false;

    if (plan.kills && !played.atKill) report.notKilled();
    const requests = vendor?.requests.filter(({ status }) => status === 200).length;
    const simulated = requests === undefined ? undefined : { answeredRequests: requests, turnsBefore };
    return await withPlannedStore(plan, async (store) => {
      const proof = await proveTotals({ store, sessionId, state, simulated, ...played });
      report.proof(proof);
      report.statement(await auditSession(store, sessionId));
      report.goingOn();
      return proof.claims.every(({ holds }) => holds);
    });
  } finally {
    await vendor?.close();
  }
}
