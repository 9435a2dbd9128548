import type { GrowingBlock, RunItem, RunView } from '@reprise/service/client';
import { selectedTurn } from '../../../data/selected-turn.ts';
import { AssistantBlockView, Thinking, UserBlocks } from './blocks.tsx';
import { Call } from './call.tsx';
import { stopText } from './ends.ts';
import { Markdown } from './markdown.tsx';
import { noticeText } from './notice-text.ts';
import { liveCall, type Row, type TurnRow } from './rows.ts';

/** A row, as its kind is drawn. */
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
    case 'summary':
      return (
        <details class="row folded">
          <summary>Compacted here: a summary stands for what was said before</summary>
          <UserBlocks content={row.message.content} />
        </details>
      );
    case 'note':
      return <p class={`row is-note ${row.isError ? 'is-danger' : ''}`}>{row.text}</p>;
  }
}

function Turn({ turn: { message, calls, id, stopReason } }: { readonly turn: TurnRow }) {
  const stop = stopText(stopReason);
  const isPicked = id !== undefined && selectedTurn.value === id;
  return (
    <article class={`row is-turn ${isPicked ? 'is-picked' : ''}`} aria-label="Answer">
      {message.content.length === 0 && !stop && <p class="quiet">Nothing was said.</p>}
      {message.content.map((block, index) => (
        <AssistantBlockView key={index} block={block} />
      ))}
      {calls.map((call, place) => (
        <Call key={place} call={call} />
      ))}
      {stop && <p class={`stop badge ${stop.isError ? 'is-danger' : 'is-warning'}`}>{stop.text}</p>}
      {id !== undefined && (
        <button
          type="button"
          class="to-turn"
          aria-pressed={isPicked}
          title="Show this turn’s tokens, cost and cache marks"
          onClick={() => {
            selectedTurn.value = id;
          }}
        >
          Its numbers
        </button>
      )}
    </article>
  );
}

/** What a run tells beside its conversation. */
function Item({ item }: { readonly item: RunItem }) {
  if (item.type === 'results')
    return (
      <div class="row">
        {item.calls.map((call, place) => (
          <Call key={place} call={liveCall(call)} />
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
  return item.type === 'notice' ? <p class="row is-note">{noticeText(item.event)}</p> : null;
}

/** The turn that is being written. */
function Growing({ view }: { readonly view: RunView }) {
  return (
    <article class="row is-turn" aria-label="Answer, being written" aria-busy="true">
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
      return <GrowingCall {...block} />;
    case 'whole':
      return block.block.type === 'tool-call' ? (
        <GrowingCall {...block.block} />
      ) : (
        <AssistantBlockView block={block.block} />
      );
  }
}

function GrowingCall({ name, argumentsText }: { readonly name: string; readonly argumentsText: string }) {
  return (
    <p class="call">
      <code>{name}</code> <span class="arguments">{argumentsText}</span>
    </p>
  );
}
