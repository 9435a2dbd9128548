import { readMessages, readOpenApprovals } from '@reprise/agent';
import type { RunRecord, SessionRecord } from '@reprise/checkpoint';
import type { HttpService } from '../../http/service.ts';
import { readRunRequest } from '../../runs/run-request.ts';
import { readMessageCount } from '../../runs/run-tale.ts';
import { carriedOn } from '../carry-on.ts';
import { runToResume } from './run-to-resume.ts';
import { type UiMessage, uiHistory, uiUserMessage } from './ui-history.ts';

/**
 * The chat as a page that is loaded begins with it. What an answer under way has said is left out: whoever resumes it hears it from the
 * beginning, as a message of its own. One that may still be replayed has the id that it has then.
 */
export async function readHistory(service: HttpService, record: SessionRecord): Promise<readonly UiMessage[]> {
  // The run comes first: what it commits meanwhile is left out all the same.
  const resumed = await runToResume(service, record);
  const messages = (await readMessages(service.store, record.id)).map(({ message }) => message);
  const approvals = await readOpenApprovals(service.store, record.id);
  if (!resumed) return uiHistory(messages, approvals);
  const run = await firstOf(service, resumed);
  if (resumed.state === 'ended') return withLastId(uiHistory(messages, approvals), run.id);
  const { input } = readRunRequest(run.request);
  const before = uiHistory(messages.slice(0, await readMessageCount(service.store, run)), approvals);
  return input ? [...before, uiUserMessage(input, `message-${before.length}`)] : before;
}

function withLastId(history: readonly UiMessage[], id: string): readonly UiMessage[] {
  const last = history.at(-1);
  return last?.role === 'assistant' ? history.with(-1, { ...last, id }) : history;
}

/** The run that began the message which this one carries on. */
async function firstOf(service: HttpService, run: RunRecord): Promise<RunRecord> {
  const [first = run.id] = await carriedOn(service, run.sessionId, run.id);
  return (first === run.id ? undefined : await service.store.readRun(first)) ?? run;
}
