import type { ModelRequest } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { adapted, ignored } from '../request-warnings.ts';
import type { MessagesBody } from '../wire.ts';

/**
 * The words an answer begins with. White space at their end is cut, with a warning: the vendor refuses it, and a model goes on better
 * without.
 */
export function planPrefill({ prefill = '' }: ModelRequest): {
  readonly text?: string;
  readonly warnings: readonly WarningEvent[];
} {
  const text = prefill.trimEnd();
  if (prefill === '') return { warnings: [] };
  if (text === '') return { warnings: [ignored('prefill', 'prefill is white space alone; it was not sent.')] };
  if (text === prefill) return { text, warnings: [] };
  const message = 'prefill ends with white space, which the vendor refuses; it was sent without.';
  return { text, warnings: [adapted('prefill', message)] };
}

/** The body with the prefill as its last message. */
export function withPrefill<Body extends MessagesBody>(body: Body, prefill: string | undefined): Body {
  if (prefill === undefined) return body;
  return { ...body, messages: [...body.messages, { role: 'assistant', content: [{ type: 'text', text: prefill }] }] };
}
