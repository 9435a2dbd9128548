import type { PlannedMark } from '../cache/plan-breakpoints.ts';
import type { MessagesBody, WireCacheControl } from './wire.ts';

/** A copy of the body with the planned cache marks on their blocks. The body itself stays as it is: its prefix is hashed without marks. */
export function placeMarks(body: MessagesBody, marks: readonly PlannedMark[]): MessagesBody {
  const byPath = new Map(marks.map((mark) => [mark.path, mark]));

  function marked<Block extends object>(blocks: readonly Block[], path: string): readonly Block[] {
    return blocks.map((block, index) => {
      const mark = byPath.get(`${path}[${index}]`);
      return mark ? { ...block, cache_control: cacheControl(mark) } : block;
    });
  }

  return {
    ...body,
    ...(body.tools ? { tools: marked(body.tools, 'tools') } : {}),
    ...(body.system ? { system: marked(body.system, 'system') } : {}),
    messages: body.messages.map((message, index) => ({
      ...message,
      content: marked(message.content, `messages[${index}].content`),
    })),
  };
}

function cacheControl({ lifetime }: PlannedMark): WireCacheControl {
  return { type: 'ephemeral', ...(lifetime === '5m' ? {} : { ttl: lifetime }) };
}
