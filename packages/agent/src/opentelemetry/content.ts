import type { Attributes } from '@opentelemetry/api';
import type { AssistantTurn, Block, JsonObject, Message, ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import { ATTRIBUTE, finishReason } from './conventions.ts';

/** What was said, as the JSON text that spans take: each message a role and its parts. Media are named by their type, without their data. */
export function inputContent(messages: readonly Message[]): Attributes {
  return { [ATTRIBUTE.inputMessages]: JSON.stringify(messages.map(messageContent)) };
}

/** What a model has answered. */
export function outputContent({ message, stopReason }: AssistantTurn): Attributes {
  const output = { ...messageContent(message), finish_reason: finishReason(stopReason) };
  return { [ATTRIBUTE.outputMessages]: JSON.stringify([output]) };
}

/** The arguments as they were received. */
export function argumentsContent({ argumentsText }: ToolCallBlock): Attributes {
  return { [ATTRIBUTE.toolArguments]: argumentsText };
}

export function resultContent(result: ToolResultBlock): Attributes {
  return { [ATTRIBUTE.toolResult]: resultText(result) };
}

function messageContent({ role, content }: Message): JsonObject {
  return { role, parts: content.map(part) };
}

function part(block: Block): JsonObject {
  switch (block.type) {
    case 'text':
      return { type: 'text', content: block.text };
    case 'thinking':
      return { type: 'reasoning', content: block.text };
    case 'tool-call':
      return { type: 'tool_call', id: block.id, name: block.name, arguments: block.arguments };
    case 'tool-result':
      return { type: 'tool_call_response', id: block.toolCallId, response: resultText(block) };
    case 'image':
    case 'document':
      return { type: block.type, mime_type: block.mediaType };
    case 'redacted-thinking':
    case 'opaque':
      return { type: block.type };
  }
}

function resultText({ content }: ToolResultBlock): string {
  return content.map((block) => (block.type === 'text' ? block.text : `[${block.mediaType}]`)).join('');
}
