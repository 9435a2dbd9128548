import type { RunEvent } from '../../wire/run-event.ts';
import type { GrowingBlock } from './run-view.ts';

type BlockEvent = Extract<
  RunEvent,
  { readonly type: 'text-delta' | 'thinking-delta' | 'tool-call-delta' | 'citation' | 'block-end' }
>;

type Growing = readonly (GrowingBlock | undefined)[];

/** The blocks of a growing turn after one more piece. */
export function grow(growing: Growing, event: BlockEvent): Growing {
  const { blockIndex } = event;
  const next = [...growing];
  // Blocks are numbered as they begin, and one that left nothing has no events: its place stays empty.
  while (next.length < blockIndex) next.push(undefined);
  next[blockIndex] = grown(growing[blockIndex], event);
  return next;
}

function grown(block: GrowingBlock | undefined, event: BlockEvent): GrowingBlock {
  switch (event.type) {
    case 'text-delta':
    case 'thinking-delta': {
      const type = event.type === 'text-delta' ? 'text' : 'thinking';
      const { text, citations } = block?.type === type ? block : { text: '', citations: [] };
      return { type, text: text + event.text, citations };
    }
    case 'tool-call-delta': {
      const { id, name } = event;
      const written = block?.type === 'tool-call' ? block.argumentsText : '';
      return { type: 'tool-call', id, name, argumentsText: written + event.argumentsText };
    }
    case 'citation': {
      const { text, citations } = block?.type === 'text' ? block : { text: '', citations: [] };
      return { type: 'text', text, citations: [...citations, event.citation] };
    }
    case 'block-end':
      return { type: 'whole', block: event.block };
  }
}
