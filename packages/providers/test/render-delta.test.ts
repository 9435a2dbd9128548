import { describe, expect, it } from 'vitest';
import { toolCallBlock } from '../src/assemble-message.ts';
import { assistantTurn } from '../src/assistant-turn.ts';
import type { JsonObject } from '../src/json.ts';
import type { AssistantBlock } from '../src/message.ts';
import { createDeltaRenderer, type RenderableEvent, type RenderOptions, renderDelta } from '../src/render-delta.ts';
import type { StreamEvent } from '../src/stream-event.ts';

const text = (value: string, blockIndex = 0): StreamEvent => ({ type: 'text-delta', blockIndex, text: value });
const thinking = (value: string, blockIndex = 0): StreamEvent => ({ type: 'thinking-delta', blockIndex, text: value });
const call = (argumentsText: string, blockIndex = 1): StreamEvent => ({
  type: 'tool-call-delta',
  blockIndex,
  id: 'a',
  name: 'look_up',
  argumentsText,
});
const cited = (citation: JsonObject): StreamEvent => ({ type: 'citation', blockIndex: 0, citation });
const ended = (block: AssistantBlock, blockIndex = 0): StreamEvent => ({ type: 'block-end', blockIndex, block });
const TURN: StreamEvent = {
  type: 'assistant-turn',
  turn: assistantTurn({ message: { role: 'assistant', content: [] } }),
};

function renderAll(events: readonly RenderableEvent[], options?: RenderOptions): string {
  return events.map(createDeltaRenderer(options)).join('');
}

describe('an event as text (L-29)', () => {
  it.each<[string, RenderableEvent, string | undefined]>([
    ['text is itself', text('grüß\n'), 'grüß\n'],
    ['a piece of thinking is one sign, whatever it says', thinking('let me see'), '🧠'],
    ['the first piece of a call is its name', call(''), '🔧 look_up'],
    ['the arguments of a call are nothing', call('{"at":'), undefined],
    ['the end of a block is nothing', ended({ type: 'text', text: 'x' }), undefined],
    ['a warning is nothing', { type: 'warning', code: 'a', message: 'b' }, undefined],
    ['the turn is nothing', TURN, undefined],
    ['an event of a run is nothing', { type: 'run-start' }, undefined],
    ['an empty text is nothing', text(''), undefined],
  ])('%s', (_name, event, expected) => {
    expect(renderDelta(event)).toBe(expected);
  });
});

describe('a citation as text (L-52)', () => {
  const page = { type: 'web_search_result_location', url: 'https://a.test/x', title: 'The "big" one' };

  it.each<[string, JsonObject, string | undefined]>([
    ['is a footnote, quotes in its title escaped', page, '[*](https://a.test/x "The \\"big\\" one") '],
    [
      'is the same one from another vendor',
      { type: 'url_citation', url_citation: { url: page.url, title: page.title } },
      '[*](https://a.test/x "The \\"big\\" one") ',
    ],
    ['has no title where there is none', { type: 'url_citation', url: 'https://a.test' }, '[*](https://a.test) '],
    [
      'stays one link on one line, whatever is in it',
      { url: 'https://a.test/a (b)\nc', title: 'ends with \\\nand goes on' },
      '[*](https://a.test/a%20%28b%29%0Ac "ends with \\\\ and goes on") ',
    ],
    ['is nothing without an address', { type: 'page_location', document_title: 'a.pdf' }, undefined],
  ])('%s', (_name, citation, expected) => {
    expect(renderDelta(cited(citation))).toBe(expected);
    expect(renderAll([cited(citation)])).toBe(expected ?? '');
  });

  it('is nothing if footnotes are not wanted', () => {
    expect(renderDelta(cited(page), { citations: 'none' })).toBeUndefined();
    expect(renderAll([text('a'), cited(page), text('b')], { citations: 'none' })).toBe('ab');
    expect(renderAll([text('a '), cited(page), text('b')])).toBe('a [*](https://a.test/x "The \\"big\\" one") b');
  });
});

describe('a stream as text (L-29)', () => {
  const thought = ended({ type: 'thinking', text: 'ab' });
  const called = ended(toolCallBlock('a', 'look_up', '{}'), 1);

  it('has a blank line where thinking ends, once', () => {
    expect(renderAll([thinking('a'), thinking('b'), thought, text('Hi', 1)])).toBe('🧠🧠\n\nHi');
    expect(renderAll([thinking('a'), text('Hi', 1)])).toBe('🧠\n\nHi');
    expect(
      renderAll([thinking('a'), thought, thinking('b', 1), ended({ type: 'thinking', text: 'b' }, 1), text('Hi', 2)]),
    ).toBe('🧠\n\n🧠\n\nHi');
  });

  it('has none where thinking was not shown, or goes on', () => {
    expect(renderAll([ended({ type: 'thinking', text: '', signature: 's' }), text('Hi', 1)])).toBe('Hi');
    expect(renderAll([thinking('a'), { type: 'vendor-event' }, text(''), thinking('b')])).toBe('🧠🧠');
  });

  it('ends thinking also where the stream was cut in it', () => {
    expect(renderAll([thinking('a'), TURN])).toBe('🧠\n\n');
  });

  it('has each call on a line of its own, once', () => {
    expect(renderAll([text('Let me look.'), call(''), call('{}'), called, text('Done.', 2)])).toBe(
      'Let me look.\n🔧 look_up\nDone.',
    );
    expect(renderAll([call(''), call('', 2)])).toBe('🔧 look_up\n🔧 look_up\n');
    expect(renderAll([thinking('a'), call('')])).toBe('🧠\n\n🔧 look_up\n');
  });

  it('shows a call that comes whole, or whose first piece holds arguments', () => {
    expect(renderAll([called])).toBe('🔧 look_up\n');
    expect(renderAll([call('{"a":'), call('1}'), called])).toBe('🔧 look_up\n');
  });

  it('begins anew with the next turn', () => {
    expect(renderAll([call(''), called, TURN, call(''), called])).toBe('🔧 look_up\n🔧 look_up\n');
  });
});
