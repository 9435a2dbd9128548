import type { CachePolicy, Message, ModelRequest } from '@reprise/providers';
import type { Tool } from '../tool.ts';

/** What stays the same from turn to turn, and so stands in front of the history. */
export interface RequestFrame {
  readonly system?: string;
  readonly tools: readonly Tool[];
  readonly cache?: CachePolicy;
}

/** The model request for a history: stable parts first, tools in an order that does not depend on how they were registered. */
export function buildRequest(frame: RequestFrame, messages: readonly Message[]): ModelRequest {
  const tools = frame.tools.map((tool) => tool.definition).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...(frame.system === undefined ? {} : { system: frame.system }),
    ...(frame.cache === undefined ? {} : { cache: frame.cache }),
    ...(tools.length === 0 ? {} : { tools }),
    // A turn that was aborted before its first word stays in the history, but has nothing to send.
    messages: messages.filter((message) => message.content.length > 0),
  };
}
