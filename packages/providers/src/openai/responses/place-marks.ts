import { type CacheRules, cacheRules } from '../../cache/family-rules.ts';
import type { BreakpointPlan, PlannedMark } from '../../cache/plan-breakpoints.ts';
import { planRequest } from '../../cache/plan-request.ts';
import type { PrefixBlock } from '../../cache/prefix.ts';
import type { ModelRequest } from '../../request.ts';
import type { ChatVendor } from '../vendors.ts';
import { bodyMarks, hasOwnMarks, markParts, wireMarks } from '../wire-marks.ts';
import { encodeRequest, type ResponsesBody } from './encode-request.ts';
import { responsesPrefixBlocks } from './prefix-blocks.ts';

/** The cache rules of a model at a vendor. */
export function responsesCacheRules(model: string, { name }: ChatVendor): CacheRules {
  return cacheRules('openai-responses', model, { host: name });
}

/** Where the request's cache marks stand. `known`, if given, is the request as it is encoded. Throws like `planRequest`. */
export function planResponsesMarks(
  request: ModelRequest,
  model: string,
  vendor: ChatVendor,
  known: { readonly body?: ResponsesBody; readonly blocks?: readonly PrefixBlock[] | undefined } = {},
): BreakpointPlan {
  return planRequest(request, responsesCacheRules(model, vendor), (asked) => {
    const { body, blocks } = asked === request ? known : {};
    const encoded = body ?? encodeRequest(asked, model).body;
    return { blocks: blocks ?? responsesPrefixBlocks(encoded), hasMarks: hasOwnMarks(encoded, encoded.input) };
  });
}

/** A copy of the body with the planned cache marks in place. A body that has marks of its own stays as it is. */
export function placeResponsesMarks(
  body: ResponsesBody,
  marks: readonly PlannedMark[],
  rules: CacheRules,
): ResponsesBody {
  if (rules.dialect === 'none' || hasOwnMarks(body, body.input)) return body;
  const onParts = wireMarks(marks, rules);
  return {
    ...body,
    ...bodyMarks(body, marks, rules),
    input: body.input.map((item, index) => {
      const field = 'output' in item ? 'output' : 'content';
      return markParts(item, { path: `input[${index}]`, field, textType: 'input_text' }, onParts);
    }),
  };
}
