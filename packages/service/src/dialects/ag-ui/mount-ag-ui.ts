import { createRoute } from '@hono/zod-openapi';
import type { RunRecord, SessionRecord } from '@reprise/checkpoint';
import type { App } from '../../http/app.ts';
import { findOrCreateSession } from '../../http/create-session.ts';
import { eventNumber, jsonContent } from '../../http/routes/parameters.ts';
import type { HttpService } from '../../http/service.ts';
import { startRun } from '../../http/start-run.ts';
import { decideAll } from '../carry-on.ts';
import { streamDialect } from '../dialect-stream.ts';
import { eventStream, lastEventHeader } from '../parameters.ts';
import { type AgUiAsked, type AgUiBody, agUiSchema, readAgUi } from './ag-ui-input.ts';
import { createAgUiEncoder } from './encode-ag-ui.ts';

const run = createRoute({
  method: 'post',
  path: '/v1/ag-ui',
  operationId: 'runAgUi',
  summary: 'Run the agent for a client that speaks AG-UI 1.0',
  description:
    'The thread is a session of that id, made if it is not there. Sent again with the same runId, it is the same run, told from the beginning. Disconnecting does not stop it.',
  tags: ['AG-UI'],
  request: {
    headers: lastEventHeader,
    body: { required: true, content: jsonContent(agUiSchema) },
  },
  responses: { 200: { description: 'AG-UI events.', content: eventStream } },
});

export function mountAgUi(app: App, service: HttpService): void {
  app.openapi(run, async (c) => {
    const body = c.req.valid('json');
    const after = eventNumber(c.req.header('last-event-id'));
    const asked = await readAgUi(body, c.var.caller.name);
    const { signal } = c.req.raw;
    const session = await findOrCreateSession(service, c.var.tenant, {
      id: body.threadId,
      isCreated: asked.type === 'say',
    });
    const { id: runId } = await start(service, session, { asked, body, signal });
    const { encode } = createAgUiEncoder(encoderTerms(body));
    return streamDialect(service, { runId, before: [], hasBefore: true, after, encode, signal }, { 'X-Run-Id': runId });
  });
}

interface RunTerms {
  readonly asked: AgUiAsked;
  readonly body: AgUiBody;
  readonly signal: AbortSignal;
}

async function start(
  service: HttpService,
  session: SessionRecord,
  { asked, body, signal }: RunTerms,
): Promise<RunRecord> {
  const terms = { session, idempotencyKey: `ag-ui ${body.runId}` };
  if (asked.type === 'say') return (await startRun(service, { ...terms, input: asked.input })).run;
  await decideAll(service, session, asked.decisions, signal);
  return (await startRun(service, terms)).run;
}

/** A client that comes back has some of the run's messages already: they are told again under the same ids. */
function encoderTerms({ threadId, runId, messages }: AgUiBody): Parameters<typeof createAgUiEncoder>[0] {
  return { threadId, runId, before: messages.filter(({ id }) => !id.startsWith(`${runId}:`)) };
}
