import type { AgentEvent, Run, Session } from '@reprise/agent';
import { type CheckpointStore, openSqliteStore } from '@reprise/checkpoint';
import { cacheWriteCount, messageText } from '@reprise/providers';
import { isExpected } from '../errors.ts';
import { openFolder } from '../folder.ts';
import { connectToDemo, type DemoConnection } from './demo-connection.ts';
import { createLibrarian } from './librarian-agent.ts';
import { type QuestionStart, type SessionMessage, type SessionTask, stateTotals } from './protocol.ts';

/** Runs the one task that the demo sends, then ends the process. */
export async function serveSession(): Promise<void> {
  const demo = await connectToDemo();
  try {
    await runTask(demo);
  } catch (error) {
    if (!isExpected(error)) throw error;
    await demo.tell({ type: 'failed', message: error.message });
  } finally {
    demo.disconnect();
  }
}

async function runTask(demo: DemoConnection): Promise<void> {
  const { database, sessionId, folder, model } = demo.task;
  const agent = createLibrarian(await openFolder(folder), model);
  const store = openSqliteStore(database);
  try {
    const session = await agent.openSession(store, { id: sessionId });
    await demo.tell({ type: 'opened', totals: stateTotals(session.state) });
    await goOn(demo, session, store);
    await askAll(demo, session, demo.task);
    await session.close();
    await demo.tell({ type: 'ended', totals: stateTotals(session.state) });
  } finally {
    await store.close();
  }
}

/** Finishes the question that an earlier process left open, if it did. */
async function goOn(demo: DemoConnection, session: Session, store: CheckpointStore): Promise<void> {
  const text = lastQuestion(session);
  if (text === undefined) return;
  const question: QuestionStart = { type: 'question-start', text, isNew: false };
  if (await follow(demo, session.send(undefined, { signal: demo.signal }), session, question)) return;
  // An answer that was cut off is in the history as far as it came, and no model goes on from there: the question is asked again.
  const lastTurn = (await store.readTurns(session.id)).at(-1);
  if (lastTurn?.stopReason !== 'aborted' && lastTurn?.stopReason !== 'error') return;
  await follow(demo, session.send(text, { signal: demo.signal }), session, question);
}

async function askAll(demo: DemoConnection, session: Session, { questions }: SessionTask): Promise<void> {
  for (const text of questions) {
    if (demo.signal.aborted) return;
    await follow(demo, session.send(text, { signal: demo.signal }), session, {
      type: 'question-start',
      text,
      isNew: true,
    });
  }
}

/** Tells the demo of a run as it goes. False if there was nothing to run. Rejects with the error the run ended with. */
async function follow(demo: DemoConnection, run: Run, session: Session, question: QuestionStart): Promise<boolean> {
  let isAnnounced = false;
  for await (const event of run) {
    if (event.type === 'run-start') continue;
    if (event.type === 'run-end' && isNothingToContinue(event.error)) return false;
    if (!isAnnounced) await demo.tell(question);
    isAnnounced = true;
    const message = progressOf(event, session);
    if (message) await demo.tell(message);
    if (event.type === 'run-end' && event.error && event.reason !== 'aborted') throw event.error;
  }
  return true;
}

function isNothingToContinue(error: Error | undefined): boolean {
  return error !== undefined && 'code' in error && error.code === 'agent/nothing-to-continue';
}

function progressOf(event: AgentEvent, session: Session): SessionMessage | undefined {
  switch (event.type) {
    case 'text-delta':
      return { type: 'text', text: event.text };
    case 'warning':
      return { type: 'warning', message: event.message };
    case 'turn-end': {
      const { tokens } = event.turn;
      return {
        type: 'turn-end',
        number: session.state.turnCount,
        snapshotId: event.snapshot?.id,
        read: tokens.cacheRead,
        written: cacheWriteCount(tokens),
        fresh: tokens.fresh,
        output: tokens.output,
      };
    }
    case 'tool-start':
      return { type: 'tool-start', name: event.call.name, argumentsText: event.call.argumentsText };
    case 'tool-end': {
      const text = event.result.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      return {
        type: 'tool-end',
        lineCount: text === '' ? 0 : text.split('\n').length,
        byteCount: Buffer.byteLength(text),
        ...(event.result.isError ? { error: text } : {}),
      };
    }
    case 'run-end':
      return { type: 'question-end', reason: event.reason };
    default:
      return undefined;
  }
}

function lastQuestion({ state }: Session): string | undefined {
  const message = state.messages.findLast(({ role }) => role === 'user');
  return message && messageText(message);
}
