import { chatPrefixBlocks } from '../../cache/chat-prefix.ts';
import { type CacheRules, cacheRules } from '../../cache/family-rules.ts';
import type { BreakpointPlan, PlannedMark } from '../../cache/plan-breakpoints.ts';
import { planRequest } from '../../cache/plan-request.ts';
import type { PrefixBlock } from '../../cache/prefix.ts';
import type { ModelRequest } from '../../request.ts';
import { withoutTransient } from '../../transient.ts';
import type { ChatVendor } from '../vendors.ts';
import { bodyMarks, hasOwnMarks, markParts, wireMarks } from '../wire-marks.ts';
import { type ChatBody, encodeRequest } from './encode-request.ts';

/** The cache rules of a model at a vendor. */
export function chatCacheRules(model: string, { name, cacheMarks }: ChatVendor): CacheRules {
  const takesAnthropicMarks = cacheMarks?.models.test(model) === true;
  return cacheRules('openai-chat', model, { host: name, ...(takesAnthropicMarks ? { dialect: 'anthropic' } : {}) });
}

/**
 * The request as the blocks its cache matches. A prefill is none of them: the next request begins with the answer that goes on from it. Nor
 * is a transient message, which the next request lacks.
 */
export function chatRequestBlocks(
  { prefill: _answer, ...request }: ModelRequest,
  model: string,
  vendor: ChatVendor,
): readonly PrefixBlock[] {
  const { body } = encodeRequest(withoutTransient(request), model, vendor);
  return chatPrefixBlocks(body, chatCacheRules(model, vendor));
}

/** Where the request's cache marks stand. `known`, if given, is the request as it is encoded. Throws like `planRequest`. */
export function planChatMarks(
  request: ModelRequest,
  model: string,
  vendor: ChatVendor,
  known: { readonly body?: ChatBody; readonly blocks?: readonly PrefixBlock[] | undefined } = {},
): BreakpointPlan {
  const rules = chatCacheRules(model, vendor);
  return planRequest(request, rules, (asked) => {
    const { body, blocks } = asked === request ? known : {};
    const encoded = body ?? encodeRequest(asked, model, vendor).body;
    return { blocks: blocks ?? chatPrefixBlocks(encoded, rules), hasMarks: hasOwnMarks(encoded, encoded.messages) };
  });
}

/** A copy of the body with the planned cache marks in place. A body that has marks of its own stays as it is. */
export function placeChatMarks(body: ChatBody, marks: readonly PlannedMark[], rules: CacheRules): ChatBody {
  if (rules.dialect === 'none' || hasOwnMarks(body, body.messages)) return body;
  const onParts = wireMarks(marks, rules);
  return {
    ...body,
    ...bodyMarks(body, marks, rules),
    messages: body.messages.map((message, index) =>
      markParts(message, { path: `messages[${index}]`, field: 'content', textType: 'text' }, onParts),
    ),
  };
}
