import type { Message, UserMessage } from './message.ts';
import type { ModelRequest } from './request.ts';

/** What the next request will begin with, should it add to this one: the request itself where it has no transient message. */
export function withoutTransient<Request extends Pick<ModelRequest, 'messages'>>(request: Request): Request {
  const messages = request.messages.slice(0, stableCount(request.messages));
  return messages.length === request.messages.length ? request : { ...request, messages };
}

/** The transient messages at the end of a request. */
export function transientMessages({ messages }: Pick<ModelRequest, 'messages'>): readonly UserMessage[] {
  return messages.slice(stableCount(messages)).filter(isTransient);
}

/** Whether a message is sent with one request alone. */
export function isTransient(message: Message): message is UserMessage & { readonly transient: true } {
  return message.role === 'user' && message.transient === true;
}

function stableCount(messages: readonly Message[]): number {
  return messages.findLastIndex((message) => !isTransient(message)) + 1;
}
