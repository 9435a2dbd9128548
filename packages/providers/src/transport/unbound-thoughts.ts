import { asArray, asObject, type JsonValue } from '../json.ts';
import type { AssistantBlock } from '../message.ts';
import type { StreamEvent } from '../stream-event.ts';
import type { StreamDecoder } from './send.ts';

/**
 * A decoder whose thoughts are not sent back. Some models refuse a thought of their own once anything that stood before it has changed
 * (platform.claude.com, preserved thinking, autumn 2026), and a transient message is gone in the next request. Their text stays.
 */
export function withoutProofs<WireEvent>(decoder: StreamDecoder<WireEvent>): StreamDecoder<WireEvent> {
  return {
    decode: (wireEvent) => decoder.decode(wireEvent).map(unbindEvent),
    finish() {
      const { message, ...turn } = decoder.finish();
      return { ...turn, message: { ...message, content: message.content.map(unbind) } };
    },
  };
}

function unbindEvent(event: StreamEvent): StreamEvent {
  return event.type === 'block-end' ? { ...event, block: unbind(event.block) } : event;
}

function unbind(block: AssistantBlock): AssistantBlock {
  switch (block.type) {
    case 'thinking':
      return { type: 'thinking', text: block.text };
    // In its place, since the blocks after it are numbered.
    case 'redacted-thinking':
      return { type: 'thinking', text: '' };
    case 'opaque': {
      const { reasoning_details: details } = block.data;
      return details === undefined
        ? block
        : { ...block, data: { ...block.data, reasoning_details: asArray(details).filter(isUnbound) } };
    }
    default:
      return block;
  }
}

/** A gateway's word for Claude's thoughts. */
function isUnbound(detail: unknown): detail is JsonValue {
  return asObject(detail)?.['format'] !== 'anthropic-claude-v1';
}
