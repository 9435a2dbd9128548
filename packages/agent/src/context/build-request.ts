import type { Message, ModelRequest } from '@reprise/providers';
import type { Tool } from '../tools/tool.ts';

/** What every model call of an agent asks alike. */
export type RequestOptions = Pick<
  ModelRequest,
  | 'cache'
  | 'cacheKey'
  | 'diagnostics'
  | 'maxTokens'
  | 'output'
  | 'search'
  | 'stopSequences'
  | 'system'
  | 'temperature'
  | 'think'
  | 'vendorOptions'
>;

/** What stays the same from turn to turn, and so stands in front of the history. */
export interface RequestFrame {
  readonly requestOptions: RequestOptions;
  readonly tools: readonly Tool[];
}

/** The model request for a history: stable parts first, tools in an order that does not depend on how they were registered. */
export function buildRequest({ requestOptions, tools }: RequestFrame, messages: readonly Message[]): ModelRequest {
  const definitions = tools.map((tool) => tool.definition).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...requestOptions,
    ...(definitions.length === 0 ? {} : { tools: definitions }),
    messages: sendable(messages),
  };
}

/** A turn that was aborted before its first word stays in the history, but has nothing to send. */
export function sendable(messages: readonly Message[]): readonly Message[] {
  return messages.every(isSaid) ? messages : messages.filter(isSaid);
}

function isSaid({ content }: Message): boolean {
  return content.length > 0;
}
