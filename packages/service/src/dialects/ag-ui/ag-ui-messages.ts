import {
  type AssistantMessage,
  type Message,
  messageText,
  type ToolResultBlock,
  type UserBlock,
} from '@reprise/providers';
import type { AgUiContent, AgUiMessage, AgUiPart, AgUiToolCall } from './ag-ui-event.ts';
import type { CallIds } from './call-ids.ts';

/** How things of a run are named, the same each time they are told. */
export interface AgUiNames {
  readonly message: (turn: number) => string;
  readonly reasoning: (turn: number, blockIndex: number) => string;
  readonly result: (toolCallId: string) => string;
  readonly user: (place: number) => string;
}

export function namesOf(runId: string): AgUiNames {
  return {
    message: (turn) => `${runId}:${turn}`,
    reasoning: (turn, blockIndex) => `${runId}:${turn}:thinking-${blockIndex}`,
    result: (toolCallId) => `${runId}:result:${toolCallId}`,
    user: (place) => `${runId}:user-${place}`,
  };
}

/** A run's messages as AG-UI has them, in order; `turn` counts responses from 0. */
export function messagesToAgUi(
  messages: readonly Message[],
  names: AgUiNames,
  callIds: CallIds,
): readonly AgUiMessage[] {
  let turn = -1;
  return messages.flatMap((message, index) => {
    if (message.role === 'assistant') turn += 1;
    return messageToAgUi(message, names, { index, turn, callIds });
  });
}

interface MessagePlace {
  readonly index: number;
  readonly turn: number;
  readonly callIds: CallIds;
}

function messageToAgUi(message: Message, names: AgUiNames, place: MessagePlace): readonly AgUiMessage[] {
  switch (message.role) {
    case 'user':
      return [{ id: names.user(place.index), role: 'user', content: contentOf(message.content) }];
    case 'assistant':
      return assistantToAgUi(message, names, place);
    case 'tool':
      return message.content.map((result) => resultToAgUi(result, names, place.callIds.of(result.toolCallId)));
  }
}

function resultToAgUi(result: ToolResultBlock, names: AgUiNames, toolCallId: string): AgUiMessage {
  const content = contentOf(result.content);
  const error = result.isError ? { error: textOf(result) } : {};
  return { id: names.result(toolCallId), role: 'tool', toolCallId, content, ...error };
}

function assistantToAgUi(
  message: AssistantMessage,
  names: AgUiNames,
  { turn, callIds }: MessagePlace,
): readonly AgUiMessage[] {
  const thoughts = message.content.flatMap((block, index): readonly AgUiMessage[] =>
    block.type === 'thinking' ? [{ id: names.reasoning(turn, index), role: 'reasoning', content: block.text }] : [],
  );
  const toolCalls = message.content.flatMap((block): readonly AgUiToolCall[] =>
    block.type === 'tool-call'
      ? [
          {
            id: callIds.take(block.id),
            type: 'function',
            function: { name: block.name, arguments: block.argumentsText },
          },
        ]
      : [],
  );
  const content = messageText(message);
  const said: AgUiMessage = {
    id: names.message(turn),
    role: 'assistant',
    ...(content === '' ? {} : { content }),
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
  };
  return content === '' && toolCalls.length === 0 ? thoughts : [...thoughts, said];
}

/** A text where there is nothing else. */
export function contentOf(blocks: readonly UserBlock[] | ToolResultBlock['content']): AgUiContent {
  const parts = blocks.map(partOf);
  return parts.every((part) => part.type === 'text') ? parts.map(({ text }) => text).join('') : parts;
}

function textOf({ content }: ToolResultBlock): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

function partOf(block: UserBlock): AgUiPart {
  if (block.type === 'text') return { type: 'text', text: block.text };
  const { mediaType, data } = block;
  const kind = /^(audio|image|video)\//.exec(mediaType)?.[1];
  const source = { type: 'data', value: data, mimeType: mediaType } as const;
  return { type: kind === 'audio' || kind === 'image' || kind === 'video' ? kind : 'document', source };
}
