import { createRoute, z } from '@hono/zod-openapi';
import type { RunRecord, SessionRecord } from '@reprise/checkpoint';
import type { App } from '../../http/app.ts';
import { storedSessionId } from '../../http/caller.ts';
import { findOrCreateSession } from '../../http/create-session.ts';
import { runMissing } from '../../http/http-problem.ts';
import { eventNumber, jsonContent, pathName, tenantQuery } from '../../http/routes/parameters.ts';
import { describing, NAME } from '../../http/schemas/fields.ts';
import type { HttpService } from '../../http/service.ts';
import { requireRun } from '../../http/sessions.ts';
import { startRun } from '../../http/start-run.ts';
import { carriedOn, decideAll } from '../carry-on.ts';
import { streamDialect } from '../dialect-stream.ts';
import { eventStream, lastEventHeader } from '../parameters.ts';
import { createUiEncoder } from './encode-ui.ts';
import { readHistory } from './read-history.ts';
import { runToResume } from './run-to-resume.ts';
import type { UiMessage } from './ui-history.ts';
import { type ChatAsked, type ChatBody, chatSchema, readChat } from './ui-input.ts';

const tags = ['AI SDK'];
const chatPath = z.object({ chat: pathName('chat') });
const historySchema: z.ZodType<{ messages: UiMessage[] }> = describing(
  z.object({
    messages: z.array(
      z.object({
        id: z.string(),
        role: z.enum(['assistant', 'user']),
        parts: z.array(z.looseObject({ type: z.string() })),
      }),
    ),
  }),
);

const send = createRoute({
  method: 'post',
  path: '/v1/chat',
  operationId: 'sendChat',
  summary: "Answer the AI SDK's `DefaultChatTransport`",
  description:
    'The chat is a session of that id, made if it is not there. Its last message is said; decisions on approvals in an assistant message are carried out. Disconnecting does not stop the run.',
  tags,
  request: { body: { required: true, content: jsonContent(chatSchema) } },
  responses: { 200: { description: 'A UI message stream.', content: eventStream } },
});

const resume = createRoute({
  method: 'get',
  path: '/v1/chat/{chat}/stream',
  operationId: 'resumeChat',
  summary: 'Replay the answer that is being given, and go on with it',
  tags,
  request: {
    params: chatPath,
    query: tenantQuery.extend({
      run: z
        .string()
        .regex(NAME)
        .optional()
        .openapi({ description: 'That run. Default: the one that is going, or has ended in the last minutes.' }),
    }),
    headers: lastEventHeader,
  },
  responses: {
    200: { description: 'A UI message stream.', content: eventStream },
    204: { description: 'Nothing is being answered, nor has been lately.' },
  },
});

const history = createRoute({
  method: 'get',
  path: '/v1/chat/{chat}/messages',
  operationId: 'readChat',
  summary: "Read a chat for the AI SDK's `useChat` to begin with",
  description:
    'Its messages, and what an answer under way was asked; resume that to hear the answer. Empty for a chat that is not there.',
  tags,
  request: { params: chatPath, query: tenantQuery },
  responses: { 200: { description: 'UI messages.', content: jsonContent(historySchema) } },
});

export function mountAiSdk(app: App, service: HttpService): void {
  app.openapi(history, async (c) => {
    const record = await service.store.readSession(storedSessionId(c.var.tenant, c.req.valid('param').chat));
    const messages = record ? await readHistory(service, record) : [];
    return c.json({ messages: [...messages] }, 200);
  });

  app.openapi(send, async (c) => {
    const body = c.req.valid('json');
    const asked = await readChat(body, c.var.caller.name);
    const { signal } = c.req.raw;
    const session = await findOrCreateSession(service, c.var.tenant, { id: body.id, isCreated: asked.type === 'say' });
    const run = await start(service, session, { asked, body, signal });
    return chatStream(service, run, { hasBefore: true, after: 0, signal });
  });

  app.openapi(resume, async (c) => {
    const after = eventNumber(c.req.header('last-event-id'));
    const record = await service.store.readSession(storedSessionId(c.var.tenant, c.req.valid('param').chat));
    const { run: asked } = c.req.valid('query');
    if (!record && asked !== undefined) throw runMissing(asked);
    const run =
      record && (await (asked === undefined ? runToResume(service, record) : requireRun(service, record, asked)));
    if (!run) return c.body(null, 204);
    return chatStream(service, run, { hasBefore: after > 0, after, signal: c.req.raw.signal });
  });
}

interface ChatTerms {
  readonly asked: ChatAsked;
  readonly body: ChatBody;
  readonly signal: AbortSignal;
}

async function start(
  service: HttpService,
  session: SessionRecord,
  { asked, body, signal }: ChatTerms,
): Promise<RunRecord> {
  const terms = { session, ...(body.onBusy ? { onBusy: body.onBusy } : {}) };
  if (asked.type === 'say') {
    return (await startRun(service, { ...terms, input: asked.input, idempotencyKey: asked.key })).run;
  }
  await decideAll(service, session, asked.decisions, signal);
  return (await startRun(service, terms)).run;
}

async function chatStream(
  service: HttpService,
  { id: runId, sessionId }: RunRecord,
  from: { readonly hasBefore: boolean; readonly after: number; readonly signal: AbortSignal },
): Promise<Response> {
  const before = await carriedOn(service, sessionId, runId);
  const { encode } = createUiEncoder();
  const stream = { runId, before, ...from, encode, last: 'data: [DONE]\n\n' };
  return streamDialect(service, stream, { 'x-vercel-ai-ui-message-stream': 'v1', 'X-Run-Id': runId });
}
