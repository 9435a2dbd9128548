import { type PlannedMark, TOP_LEVEL_FLAG } from '../../cache/plan-breakpoints.ts';
import { mapGrowing } from '../../frozen.ts';
import type { MessagesBody, WireCacheControl, WireMessage } from '../wire.ts';

/** A copy of the body with the planned cache marks in place. The body itself stays as it is: its prefix is hashed without marks. */
export function placeMarks(body: MessagesBody, marks: readonly PlannedMark[]): MessagesBody {
  const byPath = new Map(marks.map((mark) => [mark.path, mark]));

  function marked<Block extends object>(blocks: readonly Block[], path: string): readonly Block[] {
    return blocks.map((block, index) => {
      const mark = byPath.get(`${path}[${index}]`);
      return mark ? { ...block, cache_control: cacheControl(mark) } : block;
    });
  }

  function markedMessages(): readonly WireMessage[] {
    const messages = [...body.messages];
    for (const { path } of marks) {
      const index = Number(/^messages\[(\d+)\]/.exec(path)?.[1] ?? -1);
      const message = body.messages[index];
      if (message) messages[index] = { ...message, content: marked(message.content, `messages[${index}].content`) };
    }
    return messages;
  }

  const flag = byPath.get(TOP_LEVEL_FLAG);
  return {
    ...body,
    ...(flag ? { cache_control: cacheControl(flag) } : {}),
    ...(body.tools ? { tools: marked(body.tools, 'tools') } : {}),
    ...(body.system ? { system: marked(body.system, 'system') } : {}),
    messages: markedMessages(),
  };
}

/** Whether the body carries cache marks already: on a tool or as the top-level flag from `vendorOptions`, or on an opaque block. */
export function hasMarks(body: MessagesBody): boolean {
  const blocks = [body, ...(body.tools ?? []), ...(body.system ?? [])];
  return blocks.some(isMarked) || markedBlocks(body.messages).length > 0;
}

const markedBlocks = mapGrowing(({ content }: WireMessage) => content.filter(isMarked));

function isMarked(block: object): boolean {
  return 'cache_control' in block && block.cache_control !== null;
}

function cacheControl({ lifetime }: PlannedMark): WireCacheControl {
  return { type: 'ephemeral', ...(lifetime === '5m' ? {} : { ttl: lifetime }) };
}
