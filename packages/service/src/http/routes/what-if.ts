import { createRoute, z } from '@hono/zod-openapi';
import { readPlan, type Scenario } from '@reprise/audit';
import type { App } from '../app.ts';
import { invalidRequest } from '../http-problem.ts';
import { replaySelection, replaySession } from '../replay-plans.ts';
import { queryList } from '../schemas/fields.ts';
import { whatIfSchema } from '../schemas/what-if.ts';
import type { HttpService } from '../service.ts';
import { requireSession } from '../sessions.ts';
import { turnRange } from '../turn-selection.ts';
import { jsonContent, selectionQuery, sessionPath, tenantQuery } from './parameters.ts';

const tags = ['Money'];
const MAX_PLANS = 20;
const MAX_REFRESHES = 24;
const MINUTE_MS = 60_000;

const plans = {
  plan: queryList(z.string().min(1).max(500), MAX_PLANS).openapi({
    description:
      'What to compare, each as on the command line of the audit: `auto,ttl=1h`, `keep-warm=5mx3`, `no-cache`, `model=openai/gpt-5.2`, or a scenario as JSON. Default: everything that can be advised.',
    example: ['system_and_tools,ttl=1h'],
  }),
};

const responses = {
  200: { description: 'The plans side by side.', content: jsonContent(whatIfSchema) },
};

const ofSession = createRoute({
  method: 'get',
  path: '/v1/sessions/{session}/what-if',
  operationId: 'replaySession',
  summary: 'What the branch of a session would have cost under other cache policies, and which to use',
  tags,
  request: { params: sessionPath, query: tenantQuery.extend(plans) },
  responses,
});

const ofSelection = createRoute({
  method: 'get',
  path: '/v1/what-if',
  operationId: 'replaySelection',
  summary: 'What the turns of sessions would have cost under other cache policies, and which to use',
  description: 'Of the newest sessions, as many as can be replayed at a time: `sessions` says of how many.',
  tags,
  request: { query: selectionQuery.extend(plans) },
  responses,
});

export function mountWhatIf(app: App, service: HttpService): void {
  app.openapi(ofSession, async (c) => {
    const { tenant } = c.var;
    const { id } = await requireSession(service, tenant, c.req.valid('param').session);
    const terms = { tenant, plans: plansOf(c.req.valid('query').plan), signal: c.req.raw.signal };
    return c.json(await replaySession(service, id, terms), 200);
  });

  app.openapi(ofSelection, async (c) => {
    const { tenant } = c.var;
    const { plan, since, until, model: models, session: sessions } = c.req.valid('query');
    const range = turnRange({ tenant, since, until, models, sessions });
    return c.json(
      await replaySelection(service, range, { tenant, plans: plansOf(plan), signal: c.req.raw.signal }),
      200,
    );
  });
}

function plansOf(texts: readonly string[] | undefined): readonly Scenario[] | undefined {
  return texts?.map(readPlan).map(boundedPlan);
}

/** Each refresh is a request to replay: those that have no end, or are many, are for who replays on a machine of his own. */
function boundedPlan(plan: Scenario): Scenario {
  const { everyMs, atMost = Number.POSITIVE_INFINITY } = plan.keepWarm ?? { everyMs: MINUTE_MS, atMost: 1 };
  if (everyMs >= MINUTE_MS && atMost <= MAX_REFRESHES) return plan;
  throw invalidRequest(
    `Here \`keep-warm\` is each minute at most, and up to ${MAX_REFRESHES} times in a pause, such as keep-warm=5mx3.`,
  );
}
