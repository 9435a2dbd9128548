import type { AssistantMessage, ToolCallBlock, ToolMessage, UserMessage } from '@reprise/providers';
import type { ApprovalBody, CallView, MessageItemBody, RunBody, RunItem, RunView } from '@reprise/service/client';
import { endText } from './ends.ts';

/** One row of a conversation: what somebody said, or a turn with what became of its calls. */
export type Row =
  | { readonly kind: 'user'; readonly key: string; readonly message: UserMessage; readonly isSteered: boolean }
  | { readonly kind: 'turn'; readonly key: string; readonly turn: TurnRow }
  | { readonly kind: 'item'; readonly key: string; readonly item: RunItem }
  | { readonly kind: 'growing'; readonly key: string; readonly view: RunView }
  /** What stands in the place of messages that the model is not shown any more. */
  | { readonly kind: 'summary'; readonly key: string; readonly message: UserMessage }
  /** Something of the conversation that nobody said. */
  | { readonly kind: 'note'; readonly key: string; readonly text: string; readonly isError: boolean };

export interface TurnRow {
  readonly message: AssistantMessage;
  readonly calls: readonly CallRow[];
  /** Its id in the ledger; absent until it is known. */
  readonly id?: string | undefined;
  /** Such as `end-turn`; absent where it is not known. */
  readonly stopReason?: string | undefined;
}

/** A call, and what is known of it. */
export interface CallRow extends Omit<CallView, 'approval' | 'state'> {
  /** `approved` and `denied`: decided, and not carried out yet. */
  readonly state: CallView['state'] | 'approved' | 'denied';
  /** Why somebody has to decide. */
  readonly reason?: string | undefined;
  /** How often it was started; absent where that is not known. */
  readonly attempts?: number | undefined;
}

/** The rows of messages that are committed: results stand with the calls they answer, and a word where another model goes on. */
export function historyRows(
  items: readonly MessageItemBody[],
  approvals: readonly ApprovalBody[] = [],
): readonly Row[] {
  let model: string | undefined;
  return items.flatMap((item, place): Row[] => {
    const { index, message, turn, edit } = item;
    const key = `message/${index}`;
    if (message.role === 'user') {
      return [edit ? { kind: 'summary', key, message } : { kind: 'user', key, message, isSteered: false }];
    }
    // What a compaction has the model say between two messages of the user's is said by nobody.
    if (message.role === 'tool' || edit === 'compaction') return [];
    const after = items[place + 1]?.message;
    const results = after?.role === 'tool' ? after : undefined;
    const calls = callRows({ ...item, message }, results, after === undefined ? approvals : []);
    const row: Row = { kind: 'turn', key, turn: { message, calls, id: turn?.id, stopReason: turn?.stopReason } };
    const isOther = model !== undefined && turn !== undefined && turn.model !== model;
    model = turn?.model ?? model;
    return isOther ? [switchNote(`${key}/model`, model ?? ''), row] : [row];
  });
}

function switchNote(key: string, model: string): Row {
  return {
    kind: 'note',
    key,
    text: `From here on ${model} answers. What was cached for another model is not read.`,
    isError: false,
  };
}

/** Calls by their place in the turn, as models repeat ids. Results stand in call order. */
function callRows(
  { message, turn }: { readonly message: AssistantMessage; readonly turn?: MessageItemBody['turn'] },
  results: ToolMessage | undefined,
  approvals: readonly ApprovalBody[],
): readonly CallRow[] {
  const calls = message.content.filter((block): block is ToolCallBlock => block.type === 'tool-call');
  return calls.map((call, position) => {
    const result = results?.content[position];
    const begun = turn?.calls.find((each) => each.position === position);
    const asked = approvals.find((each) => each.position === position && each.call.id === call.id);
    return {
      id: call.id,
      name: call.name,
      call,
      state: result ? 'answered' : (asked?.state ?? 'called'),
      ...(result && { result }),
      ...(begun && { effect: begun.effect, attempts: begun.attempts }),
      ...(typeof begun?.durationMs === 'number' && { durationMs: begun.durationMs }),
      ...(asked?.reason && { reason: asked.reason }),
    };
  });
}

/** The rows of a run that is going, but for what is being written: what it was asked, and what it came to so far. */
export function runRows({ runId, input, items }: Pick<RunView, 'input' | 'items' | 'runId'>): readonly Row[] {
  const run = `run/${runId ?? ''}`;
  const asked: Row[] = input ? [{ kind: 'user', key: `${run}/input`, message: input, isSteered: false }] : [];
  const told = items.map((item, index): Row => {
    const key = `${run}/${index}`;
    if (item.type === 'user') return { kind: 'user', key, message: item.message, isSteered: true };
    if (item.type === 'turn' && !item.isSummary) {
      const { message, calls, details } = item;
      return { kind: 'turn', key, turn: { message, calls: calls.map(liveCall), stopReason: details?.turn.stopReason } };
    }
    return { kind: 'item', key, item };
  });
  return [...asked, ...told];
}

/** A call of a run that is going. */
export function liveCall({ approval, ...call }: CallView): CallRow {
  return { ...call, ...(approval?.reason && { reason: approval.reason }) };
}

/** What is being written, if anything is. */
export function growingRows(view: RunView): readonly Row[] {
  return view.growing.length > 0 ? [{ kind: 'growing', key: `run/${view.runId ?? ''}/growing`, view }] : [];
}

/** A word on how the last run ended, where its turns do not say it. `changedAt`: when the conversation changed last. */
export function endRows(run: RunBody | undefined, changedAt: number): readonly Row[] {
  const text = run?.outcome ? endText(run.outcome) : undefined;
  // What was gone back to, or said elsewhere, since then is not what it ended with.
  if (!run?.endedAt || text === undefined || run.endedAt < changedAt) return [];
  return [{ kind: 'note', key: `run/${run.id}/end`, text, isError: run.outcome?.reason === 'error' }];
}
