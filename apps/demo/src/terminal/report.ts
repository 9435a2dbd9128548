import { type CacheStatement, renderStatement } from '@reprise/audit';
import type { DemoPlan } from '../plan.ts';
import type { Claim, Proof, StoredSession } from '../proof.ts';
import type { Totals } from '../session/protocol.ts';
import { countOf, formatCount } from './numbers.ts';
import type { Terminal } from './terminal.ts';
import { wrapText } from './text-flow.ts';

/** What the demo says beside the session itself. */
export interface Report {
  header(): void;
  killed(processId: number | undefined, stored: StoredSession): void;
  notKilled(): void;
  nothingOpen(): void;
  proof(proof: Proof): void;
  statement(statement: CacheStatement): void;
  goingOn(): void;
  stopped(hasSession: boolean, questionsLeft: readonly string[]): void;
}

const INDENT = 11;

export function createReport(terminal: Terminal, plan: DemoPlan, sessionId: string): Report {
  const { paint, width, line } = terminal;
  const wrapped = (text: string, indent = INDENT) => wrapText(text, { width, indent });
  const field = (name: string, text: string) => line(`  ${paint.muted(name.padEnd(INDENT - 2))}${wrapped(text)}`);
  const heading = (text: string) => {
    line();
    line(paint.strong(text));
    line();
  };

  return {
    header() {
      line(paint.strong('Reprise: an agent session that outlives its process'));
      line();
      field('folder', plan.folder);
      field('model', plan.model.isSimulated ? `${plan.model.name} – ${SIMULATED}` : plan.model.name);
      field('session', `${sessionId} in ${plan.database}${plan.sessionId === undefined ? '' : ', begun earlier'}`);
    },

    killed(processId, { turns, entries }) {
      line();
      line(paint.bad(`✗ SIGKILL: process ${processId} is dead, in the middle of turn ${turns.length + 1}.`));
      line(
        `  On disk: ${countOf(turns.length, 'turn')} in ${countOf(entries.length, 'entry', 'entries')}; of half a turn, a note that it was begun.`,
      );
      line(paint.good(`↻ A new process opens the session and goes on from the snapshot of turn ${turns.length}.`));
    },

    notKilled() {
      line();
      line(paint.muted('The session was not killed: no answer was long enough to be cut in the middle.'));
    },

    nothingOpen() {
      line();
      line(wrapped('Nothing was left open. Ask something with --ask.', 0));
    },

    proof({ totals, claims }) {
      heading('Nothing lost, nothing counted twice');
      for (const row of totalsTable(totals)) line(`  ${row}`);
      line();
      for (const claim of claims) line(`${claimMark(claim)} ${wrapped(claim.text, 4)}`);
    },

    statement(statement) {
      heading('What prompt caching did');
      line(renderStatement(statement, { colour: terminal.hasColours, width }));
    },

    goingOn() {
      line();
      line(paint.muted('Ask this session more:'));
      line(`  ${plan.resumeCommand(sessionId, ['…'])}`);
    },

    stopped(hasSession, questionsLeft) {
      line();
      if (!hasSession) line('Stopped before the session began.');
      else {
        line('Stopped. The session is kept as far as it came; go on with:');
        line(`  ${plan.resumeCommand(sessionId, questionsLeft)}`);
      }
    },
  };

  function claimMark({ holds }: Claim): string {
    return holds ? paint.good('  ✓') : paint.bad('  ✗');
  }
}

const SIMULATED =
  'SIMULATED: a script plays the model, and a server on this machine counts and caches as the vendor would. No key, no network, no bill.';

function totalsTable(rows: Proof['totals']): readonly string[] {
  const columns = ['turns', 'read', 'written', 'fresh', 'output'] as const satisfies readonly (keyof Totals)[];
  const cells = [
    ['tokens', ...columns],
    ...rows.map(({ source, totals }) => [source, ...columns.map((column) => formatCount(totals[column]))]),
  ];
  const widths = ['tokens', ...columns].map((_name, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[index] ?? 0) + 2)))
      .join(''),
  );
}
