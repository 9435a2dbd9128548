import type { GrowingBlock, RunItem, RunView } from '@reprise/service/client';
import { AssistantBlockView, Thinking, UserBlocks } from './blocks.tsx';
import { Call } from './call.tsx';
import { Markdown } from './markdown.tsx';
import type { Row, TurnRow } from './rows.ts';

export function RowView({ row }: { readonly row: Row }) {
  switch (row.kind) {
    case 'user':
      return (
        <article class="row is-user" aria-label={row.isSteered ? 'Said while it was going' : 'Said'}>
          <UserBlocks content={row.message.content} />
        </article>
      );
    case 'turn':
      return <Turn turn={row.turn} />;
    case 'item':
      return <Item item={row.item} />;
    case 'growing':
      return <Growing view={row.view} />;
  }
}

function Turn({ turn: { message, calls } }: { readonly turn: TurnRow }) {
  return (
    <article class="row is-turn" aria-label="Answer">
      {message.content.length === 0 && <p class="quiet">Nothing was said: the answer was broken off or lost.</p>}
      {message.content.map((block, index) => (
        <AssistantBlockView key={index} block={block} />
      ))}
      {calls.map((call) => (
        <Call key={call.id} call={call} />
      ))}
    </article>
  );
}

/** What a run tells beside its conversation. */
function Item({ item }: { readonly item: RunItem }) {
  if (item.type === 'results')
    return (
      <div class="row">
        {item.calls.map((call) => (
          <Call key={call.id} call={call} />
        ))}
      </div>
    );
  if (item.type === 'turn') {
    return (
      <details class="row folded">
        <summary>Summary of what was said before</summary>
        {item.message.content.map((block, index) => (
          <AssistantBlockView key={index} block={block} />
        ))}
      </details>
    );
  }
  return item.type === 'notice' ? <p class="row quiet">{noticeText(item.event)}</p> : null;
}

function noticeText(event: Extract<RunItem, { readonly type: 'notice' }>['event']): string {
  switch (event.type) {
    case 'retry':
      return `Attempt ${event.attempt} failed (${event.error.message}); it is tried again.`;
    case 'warning':
      return event.message;
    case 'compaction-start':
      return 'The conversation is being compacted.';
    case 'compaction-end':
      return 'The conversation was compacted.';
    case 'model-switch':
      return 'Another model goes on from here; what was cached for the one before it is lost.';
    case 'hook-verdict':
      return 'A hook has had its say.';
    default:
      return `The vendor tells of ${event.type}.`;
  }
}

/** The turn that is being written. */
function Growing({ view }: { readonly view: RunView }) {
  return (
    <article class="row is-turn is-growing" aria-label="Answer, being written" aria-busy="true">
      {view.isCompacting && <p class="quiet">A summary is being written.</p>}
      {view.growing.map((block, index) => block && <GrowingView key={index} block={block} />)}
    </article>
  );
}

function GrowingView({ block }: { readonly block: GrowingBlock }) {
  switch (block.type) {
    case 'text':
      return <Markdown text={block.text} />;
    case 'thinking':
      return <Thinking text={block.text} isOpen />;
    case 'tool-call':
      return (
        <p class="call">
          <code>{block.name}</code> <span class="arguments">{block.argumentsText}</span>
        </p>
      );
    case 'whole':
      return block.block.type === 'tool-call' ? (
        <p class="call">
          <code>{block.block.name}</code> <span class="arguments">{block.block.argumentsText}</span>
        </p>
      ) : (
        <AssistantBlockView block={block.block} />
      );
  }
}
