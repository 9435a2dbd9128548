import type { AssistantBlock, UserBlock } from '@reprise/providers';
import { Markdown } from './markdown.tsx';

/** What a person or a program said. */
export function UserBlocks({ content }: { readonly content: readonly UserBlock[] }) {
  return (
    <>
      {content.map((block, index) => {
        if (block.type === 'text')
          return (
            <p key={index} class="said">
              {block.text}
            </p>
          );
        if (block.type === 'image') return <Picture key={index} mediaType={block.mediaType} data={block.data} />;
        return (
          <p key={index}>
            <a download={block.name ?? 'document'} href={`data:${block.mediaType};base64,${block.data}`}>
              {block.name ?? 'Document'}
            </a>{' '}
            <span class="quiet">{block.mediaType}</span>
          </p>
        );
      })}
    </>
  );
}

/** A picture of these Base64 bytes. */
export function Picture({ mediaType, data }: { readonly mediaType: string; readonly data: string }) {
  return <img class="picture" src={`data:${mediaType};base64,${data}`} alt={`Attached, ${mediaType}`} />;
}

/** A block of the model's, but for its calls, which stand with their results. */
export function AssistantBlockView({ block }: { readonly block: AssistantBlock }) {
  switch (block.type) {
    case 'text':
      return (
        <>
          <Markdown text={block.text} />
          {block.citations && block.citations.length > 0 && (
            <details class="folded">
              <summary>{block.citations.length === 1 ? '1 source' : `${block.citations.length} sources`}</summary>
              <pre>{JSON.stringify(block.citations, null, 2)}</pre>
            </details>
          )}
        </>
      );
    case 'thinking':
      return <Thinking text={block.text} />;
    case 'redacted-thinking':
      return <p class="quiet">Thinking that the vendor keeps to itself.</p>;
    case 'opaque':
      return (
        <details class="folded">
          <summary>A block of {block.family}’s own</summary>
          <pre>{JSON.stringify(block.data, null, 2)}</pre>
        </details>
      );
    default:
      return null;
  }
}

/** What the model thought, folded unless it is being thought. */
export function Thinking({ text, isOpen = false }: { readonly text: string; readonly isOpen?: boolean }) {
  return (
    <details class="folded thinking" open={isOpen}>
      <summary>Thinking</summary>
      <p class="said">{text}</p>
    </details>
  );
}
