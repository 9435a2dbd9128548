import { citationOf } from './citations.ts';
import type { JsonObject } from './json.ts';
import type { AssistantTurnEvent, BlockEndEvent, DeltaEvent, StreamEvent } from './stream-event.ts';

export interface RenderOptions {
  /** `footnotes` puts `[*](url "title") ` where a source is cited; `none` leaves it out. Default `footnotes`. */
  readonly citations?: 'footnotes' | 'none';
}

/** An event of a stream or of a run; what is not about text, thinking, calls or citations renders to nothing. */
export type RenderableEvent = StreamEvent | { readonly type: string };

/**
 * What an event looks like as text, by itself: text as it is, `🧠` for a piece of thinking, `🔧 name` for the beginning of a tool call, a
 * footnote for a citation with an address. `undefined` for anything else.
 */
export function renderDelta(
  event: RenderableEvent,
  { citations = 'footnotes' }: RenderOptions = {},
): string | undefined {
  if (!isRendered(event)) return undefined;
  switch (event.type) {
    case 'text-delta':
      return event.text === '' ? undefined : event.text;
    case 'thinking-delta':
      return '🧠';
    case 'tool-call-delta':
      return event.argumentsText === '' ? callMark(event.name) : undefined;
    case 'citation':
      return citations === 'none' ? undefined : footnote(event.citation);
    case 'block-end':
    case 'assistant-turn':
      return undefined;
  }
}

/**
 * Renders the events of a stream one after the other, for a terminal or a notebook: as `renderDelta`, with a blank line where thinking
 * ends and each call on a line of its own. Joined, the pieces are the whole; one renderer serves one stream after the other.
 */
export function createDeltaRenderer(options: RenderOptions = {}): (event: RenderableEvent) => string | undefined {
  let isThinking = false;
  let isLineStart = true;
  let begun = new Set<number>();

  /** The name of a call whose first piece this is, whatever the piece holds. */
  function newCall(event: RenderedEvent): string | undefined {
    const call = calledBy(event);
    if (!call || begun.has(call.blockIndex)) return undefined;
    begun.add(call.blockIndex);
    return call.name;
  }

  function piece(event: RenderedEvent): string | undefined {
    const name = newCall(event);
    if (name !== undefined) return `${isLineStart || isThinking ? '' : '\n'}${callMark(name)}\n`;
    return event.type === 'tool-call-delta' ? undefined : renderDelta(event, options);
  }

  return (event) => {
    if (!isRendered(event)) return undefined;
    const rendered = piece(event);
    const endsThinking = isThinking && event.type !== 'thinking-delta' && (rendered !== undefined || isOver(event));
    const text = `${endsThinking ? '\n\n' : ''}${rendered ?? ''}`;
    isThinking = event.type === 'thinking-delta' || (isThinking && !endsThinking);
    if (text !== '') isLineStart = text.endsWith('\n');
    if (event.type === 'assistant-turn') begun = new Set();
    return text === '' ? undefined : text;
  };
}

type RenderedEvent = DeltaEvent | BlockEndEvent | AssistantTurnEvent;

const RENDERED: ReadonlySet<string> = new Set<RenderedEvent['type']>([
  'text-delta',
  'thinking-delta',
  'tool-call-delta',
  'citation',
  'block-end',
  'assistant-turn',
]);

function isRendered(event: RenderableEvent): event is RenderedEvent {
  return RENDERED.has(event.type);
}

/** A call in its pieces, or one that came whole. */
function calledBy(event: RenderedEvent): { readonly blockIndex: number; readonly name: string } | undefined {
  if (event.type === 'tool-call-delta') return event;
  return event.type === 'block-end' && event.block.type === 'tool-call'
    ? { blockIndex: event.blockIndex, name: event.block.name }
    : undefined;
}

/** Whether an event without text ends thinking all the same. */
function isOver(event: RenderedEvent): boolean {
  return event.type === 'assistant-turn' || (event.type === 'block-end' && event.block.type === 'thinking');
}

function callMark(name: string): string {
  return `🔧 ${name}`;
}

/** Nothing without an address to point to: the passage is a document's that the caller gave. */
function footnote(wire: JsonObject): string | undefined {
  const { url, title } = citationOf(wire);
  if (url === undefined) return undefined;
  const address = url
    .replace(/[\s<>]/g, encodeURIComponent)
    .replaceAll('(', '%28')
    .replaceAll(')', '%29');
  const name = title?.replace(/\s+/g, ' ').replace(/["\\]/g, '\\$&');
  return name === undefined ? `[*](${address}) ` : `[*](${address} "${name}") `;
}
