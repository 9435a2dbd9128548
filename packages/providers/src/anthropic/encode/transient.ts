import type { ModelRequest } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { isTransient, transientMessages } from '../../transient.ts';
import { type AnthropicModelRules, anthropicModelRules } from '../models.ts';
import { isThinking } from './encode-options.ts';
import type { EncodedRequest } from './encode-request.ts';

/** What a transient message at the end of a request costs with a model that thinks. */
export interface TransientCost {
  /** Whether the thoughts of the answer cannot be sent back. */
  readonly losesThoughts: boolean;
  readonly warnings: readonly WarningEvent[];
}

export function transientCost(request: ModelRequest, { body }: EncodedRequest, model: string): TransientCost {
  const rules = anthropicModelRules(model);
  const thinks = body['thinking'] === undefined ? rules.thinksUnasked || !rules.isKnown : isThinking(body['thinking']);
  if (transientMessages(request).length === 0 || !thinks) return { losesThoughts: false, warnings: [] };
  return {
    losesThoughts: rules.bindsThoughts,
    warnings: [
      ...(rules.bindsThoughts
        ? [warning(`${model} takes a thought back only behind what it followed, and ${LATER}`)]
        : []),
      ...(dropsThoughts(request, rules) ? [warning(`${model} is shown ${DROPPED}`)] : []),
    ],
  };
}

const LATER =
  'the next request lacks the transient message: the thoughts of this answer are kept as text and not sent back.';

const DROPPED =
  'no earlier thoughts behind a user message that follows the results of tools, as the transient one does: the cached messages are read only up to the first of them.';

/** Whether thoughts leave the prompt that the last request still had. */
function dropsThoughts({ messages }: ModelRequest, rules: AnthropicModelRules): boolean {
  const asked = messages.findLastIndex((message) => message.role === 'user' && !isTransient(message));
  const loop = messages.slice(asked + 1);
  const hasThoughts = loop.some(({ role, content }) => role === 'assistant' && content.some(isThought));
  return rules.dropsThoughts && hasThoughts;
}

function isThought({ type }: { readonly type: string }): boolean {
  return type === 'thinking' || type === 'redacted-thinking';
}

function warning(message: string): WarningEvent {
  return { type: 'warning', code: 'cache/transient-message', message };
}
