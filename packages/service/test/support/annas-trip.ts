import { createAgent, tool } from '@reprise/agent';
import type { HandlerOptions } from '@reprise/service';
import { z } from 'zod';
import type { ApprovalListBody } from '../../src/http/schemas/approval.ts';
import type { PageBody } from '../../src/http/schemas/fields.ts';
import type { RunBody } from '../../src/http/schemas/run.ts';
import type { SnapshotBody } from '../../src/http/schemas/snapshot.ts';
import { type AskedService, askedService } from './asked-service.ts';
import { type PlayedModel, playedModel } from './played-model.ts';

/** What nobody but Anna may read. */
export const SECRET = 'annas-secret';

export interface AnnasTrip extends AskedService {
  readonly model: PlayedModel;
  /** How often the tool was run that asks first. */
  readonly bookings: readonly string[];
  /** What stands for the parameters of a path. */
  readonly names: Readonly<Record<'approval' | 'chat' | 'run' | 'session' | 'snapshot', string>>;
  /** All that the store holds of Anna's, as one text. */
  annasState(): Promise<string>;
}

/** Anna's session `trip`: one question is answered, and after another one a call waits for her decision. */
export async function annasTrip(options: Partial<HandlerOptions> = {}): Promise<AnnasTrip> {
  const bookings: string[] = [];
  const book = tool({
    name: 'book',
    description: 'Books a hotel.',
    input: z.object({ hotel: z.string() }),
    effect: 'effect',
    needsApproval: true,
    run: ({ hotel }) => {
      bookings.push(hotel);
      return 'Booked.';
    },
  });
  const model = playedModel(
    [{ text: `The ${SECRET} answer.` }],
    [{ call: ['call-1', 'book', `{"hotel":"${SECRET}"}`] }],
    ...Array.from({ length: 100 }, () => [{ text: 'Done.' }]),
  );
  const service = askedService({ agent: createAgent({ model, tools: [book] }), ...options });
  const { ask, store } = service;
  await ask('POST /v1/sessions', { body: { id: 'trip', metadata: { title: SECRET } } });
  const say = (input: string) =>
    ask<RunBody>('POST /v1/sessions/trip/runs', { body: { input }, headers: { prefer: 'wait=30' } });
  const first = await say(`The ${SECRET} question`);
  const second = await say('Book it');
  if (second.json.outcome?.reason !== 'approval-needed') throw new Error(`The run ended otherwise: ${second.text}`);
  const approvals = await ask<ApprovalListBody>('GET /v1/sessions/trip/approvals');
  const snapshots = await ask<PageBody<SnapshotBody>>('GET /v1/sessions/trip/snapshots');
  const names = {
    session: 'trip',
    chat: 'trip',
    run: first.json.id,
    approval: approvals.json.items[0]?.id ?? '',
    snapshot: snapshots.json.items[1]?.id ?? '',
  };

  async function annasState(): Promise<string> {
    const { items } = await store.listSessions({ prefix: 'acme/' });
    const dumps = await Promise.all(items.map(({ id }) => store.dumpSession(id)));
    const runs = await store.listRuns({ sessionPrefix: 'acme/', limit: 1000 });
    return JSON.stringify([dumps, runs.items], (_key, value) =>
      typeof value === 'bigint' ? `${value}` : value instanceof Map ? [...value] : value,
    );
  }

  return { ...service, model, bookings, names, annasState };
}
