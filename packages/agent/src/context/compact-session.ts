import type { CheckpointStore, SessionId, Snapshot } from '@reprise/checkpoint';
import { type AssistantTurn, countOrZero } from '@reprise/providers';
import type { AgentEventBody } from '../agent-event.ts';
import { createRunBudget, type RunBudget } from '../budget/run-budget.ts';
import { Conversation } from '../conversation.ts';
import type { HeldConversation, RunOptions } from '../run-options.ts';
import { reloadSession } from '../session/open-session.ts';
import { readBranch, type SentBranch } from '../session/read-branch.ts';
import type { AgentSettings } from '../settings.ts';
import type { AgentState } from '../state.ts';
import { listenTo, type Telling } from '../told.ts';
import { priceResponse } from '../usage/price-response.ts';
import { checkCompaction } from './check-compaction.ts';
import { checkCompactable, checkDroppable, compactConversation } from './compact.ts';
import { type CompactionPlan, type PlanCompactionOptions, planCompaction } from './plan-compaction.ts';
import { planningInputs } from './planning-inputs.ts';

export interface CompactOptions extends PlanCompactionOptions {
  /** Plans, and sends nothing. Default `false`. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Hears of the summary request as a run's listener would; what is between `compaction-start` and `compaction-end` is the summary's. */
  readonly onEvent?: (event: AgentEventBody) => void;
}

export interface Compacted {
  /** With `dryRun` what would come of it; else with what the summary has cost, and its length. */
  readonly plan: CompactionPlan;
  /** The turn that wrote the summary. */
  readonly turn?: AssistantTurn;
  /** That turn's: rewound or forked to, the history is as it was before the edit. */
  readonly snapshot?: Snapshot;
  readonly state: AgentState;
}

/** A session, and what its requests are made of. */
export interface PlannedSession {
  readonly store: CheckpointStore;
  readonly sessionId: SessionId;
  readonly settings: AgentSettings;
}

/** What was sent on a session's branch, to the model that it is to go on with. */
export function readSessionBranch({ store, sessionId, settings }: PlannedSession): Promise<SentBranch> {
  return readBranch(store, sessionId, { model: settings.model, at: settings.ports.clock() });
}

/** What a compaction of a session would come to, as the store has it now. Rejects with `agent/nothing-to-compact` for open calls, and as the store does. */
export async function planSessionCompaction(
  { store, sessionId, settings }: PlannedSession,
  options: PlanCompactionOptions,
): Promise<{ readonly plan: CompactionPlan; readonly state: AgentState }> {
  const asked = checkCompaction(options);
  const { state } = await reloadSession(store, sessionId);
  checkCompactable(state);
  const now = settings.ports.clock();
  const branch = await readSessionBranch({ store, sessionId, settings });
  const inputs = planningInputs(state.messages, branch, { ...settings, now });
  return { plan: planCompaction(inputs, asked), state };
}

/** Compacts a conversation that this caller holds, and leaves it. */
export async function compactHeld(
  planned: PlannedSession,
  held: HeldConversation,
  { onEvent = () => {}, ...compaction }: CompactOptions,
): Promise<Compacted> {
  const { settings } = planned;
  const conversation = new Conversation(held, settings.ports);
  try {
    const recovered = await conversation.recoverTurn();
    if (recovered) onEvent(recovered);
    const run = { ...settings, input: undefined, enter: async () => held };
    const means = {
      options: run,
      readBranch: () => readSessionBranch(planned),
      budget: createRunBudget(run, held.recorder),
    };
    return await told(compactPlanned(conversation, means, compaction), onEvent);
  } finally {
    await held.leave(conversation.recorded);
  }
}

/** Tells every event, and resolves to what comes of them. A listener that throws ends them as one that leaves. */
async function told<Result>(events: Telling<Result>, onEvent: (event: AgentEventBody) => void): Promise<Result> {
  const outcome = Promise.withResolvers<Result>();
  async function* followed(): Telling<void> {
    outcome.resolve(yield* events);
  }
  for await (const event of listenTo(followed, (each) => each)) onEvent(event);
  return outcome.promise;
}

/** What a compaction is made with. */
export interface CompactionMeans {
  readonly options: RunOptions;
  /** What was sent on the branch. */
  readonly readBranch: () => Promise<SentBranch>;
  /** What it may spend. Absent: nothing limits it. */
  readonly budget: RunBudget | undefined;
}

/** Plans a compaction, makes it, and states what it has come to. Throws as `compactConversation` does. */
export async function* compactPlanned(
  conversation: Conversation,
  { options, readBranch, budget }: CompactionMeans,
  compaction: PlanCompactionOptions,
): Telling<Compacted> {
  const asked = checkCompaction(compaction);
  const { state } = conversation;
  checkCompactable(state);
  checkDroppable(state, asked);
  const now = options.ports.clock();
  const inputs = planningInputs(state.messages, await readBranch(), { ...options, now });
  yield { type: 'compaction-start', plan: planCompaction(inputs, asked) };
  const { turn, snapshot } = yield* compactConversation(conversation, options, { ...asked, budget });
  const plan = planCompaction(inputs, asked, {
    tokens: countOrZero(turn.tokens.output),
    picoUsd: priceResponse(turn).price.picoUsd,
  });
  yield { type: 'compaction-end', plan, state: conversation.state };
  return { plan, turn, ...(snapshot ? { snapshot } : {}), state: conversation.state };
}
