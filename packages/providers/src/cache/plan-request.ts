import { toolCalls } from '../message.ts';
import type { ModelRequest } from '../request.ts';
import type { WarningEvent } from '../stream-event.ts';
import { withoutTransient } from '../transient.ts';
import type { CacheRules } from './family-rules.ts';
import { conversationStart } from './message-spans.ts';
import { checkPolicy } from './plan/check-policy.ts';
import { markedMessages } from './plan/marked-messages.ts';
import { type PlanNote, planWarnings } from './plan/plan-note.ts';
import { type BreakpointPlan, type CachePolicy, planBreakpoints } from './plan-breakpoints.ts';
import type { RequestedMark } from './policy.ts';
import type { PrefixBlock } from './prefix.ts';

/** What a planner needs of a request as an adapter encodes it. */
export interface EncodedPrefix {
  readonly blocks: readonly PrefixBlock[];
  /** Whether it carries cache marks already, which the caller placed by hand. */
  readonly hasMarks: boolean;
}

/**
 * Decides where a request's cache marks stand, those that its messages ask for among them. `encode` is called with the request itself, and
 * with shorter ones where messages ask for marks; where nothing can be marked it is not called. Throws `provider/invalid-request` for a
 * policy or a lifetime the vendor does not know.
 *
 * A transient message is not planned for: the marks stand where they would without it, before what the next request lacks. The vendor's
 * own would stand behind it, and is replaced by one on the last block before.
 *
 * Marks that the caller placed by hand stand alone: with planned ones beside them there could be too many, or a lifetime out of order.
 * Where a tool choice has surely changed and the vendor minds, a note says what is not read.
 */
export function planRequest(
  whole: ModelRequest,
  rules: CacheRules,
  encode: (request: ModelRequest) => EncodedPrefix,
): BreakpointPlan {
  const request = withoutTransient(whole);
  const policy = request.cache ?? 'auto';
  checkPolicy(policy, rules);
  // The next request holds the whole answer, and its beginning alone is no prefix of that.
  const { prefill, diagnostics: _question, ...history } = request;
  const { blocks, hasMarks } = rules.dialect === 'none' ? NOTHING : encode(prefill === undefined ? request : history);
  if (hasMarks) return leaveAlone(request);
  const blocksUpTo = (count: number) => encode({ ...history, messages: request.messages.slice(0, count) }).blocks;
  const planFor = request === whole ? planBreakpoints : planOwnMarks;
  const plan = planFor(blocks, policy, rules, markedMessages(request.messages, blocks, blocksUpTo, rules));
  const keepsMessages = plan.marks.some(({ blockIndex }) => blockIndex >= conversationStart(blocks));
  const isLost = rules.toolChoiceLoses === 'messages' && keepsMessages && hasChangedChoice(request);
  return isLost ? { ...plan, notes: [...plan.notes, choiceNote(request)] } : plan;
}

/** A plan without marks of the vendor's own, which stand at the very end of a request. */
function planOwnMarks(
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
  messageMarks: readonly RequestedMark[],
): BreakpointPlan {
  const isVendors = policy === 'automatic' && rules.placesMarks;
  const { marks, notes } = planBreakpoints(blocks, isVendors ? AT_THE_END : policy, rules, messageMarks);
  return { marks: marks.filter(({ isVendorPlaced }) => !isVendorPlaced), notes };
}

const AT_THE_END: CachePolicy = { breakpoints: ['last'] };

/** Whether the last answer shows that the request it answered had another tool choice. */
function hasChangedChoice({ messages, tools = [], toolChoice = 'auto' }: ModelRequest): boolean {
  const answer = messages.findLast(({ role }) => role === 'assistant');
  if (!answer || tools.length === 0 || toolChoice === 'auto') return false;
  const called = toolCalls(answer).map(({ name }) => name);
  if (toolChoice === 'none') return called.length > 0;
  return toolChoice === 'required' ? called.length === 0 : !called.includes(toolChoice.tool);
}

function choiceNote({ toolChoice }: ModelRequest): PlanNote {
  const message = `toolChoice is ${JSON.stringify(toolChoice)}, and was another before: what the vendor kept of the messages is not read, and they are written again.`;
  return { code: 'cache/messages-not-read', cause: 'tool-choice', message };
}

const NOTHING: EncodedPrefix = { blocks: [], hasMarks: false };

/** The warnings of a request to a model whose vendor takes no marks. Throws like `planRequest`. */
export function unmarkedWarnings(request: ModelRequest, rules: CacheRules): readonly WarningEvent[] {
  return planWarnings(planRequest(request, rules, () => NOTHING));
}

function leaveAlone({ cache, messages }: ModelRequest): BreakpointPlan {
  const isAsked = (cache !== undefined && cache !== 'none') || messages.some((message) => message.cache);
  if (!isAsked) return { marks: [], notes: [] };
  const message = 'No cache mark was planned: the request carries marks of its own.';
  return { marks: [], notes: [{ code: 'cache/mark-not-placed', cause: 'own-marks', message }] };
}
