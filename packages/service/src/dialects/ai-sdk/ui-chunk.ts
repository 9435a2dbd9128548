import type { JsonObject } from '@reprise/providers';

/** What goes over the wire of an AI SDK UI message stream, version 1, as far as it is used here (`ai` 7, 2026). */
export type UiChunk =
  | { readonly type: 'start'; readonly messageId: string; readonly messageMetadata: UiMetadata }
  | { readonly type: 'start-step' | 'finish-step' | 'reset-step' }
  | { readonly type: 'text-start' | 'text-end' | 'reasoning-start' | 'reasoning-end'; readonly id: string }
  | { readonly type: 'text-delta' | 'reasoning-delta'; readonly id: string; readonly delta: string }
  | { readonly type: 'source-url'; readonly sourceId: string; readonly url: string; readonly title?: string }
  | { readonly type: 'tool-input-start'; readonly toolCallId: string; readonly toolName: string }
  | { readonly type: 'tool-input-delta'; readonly toolCallId: string; readonly inputTextDelta: string }
  | ToolInput
  | (Omit<ToolInput, 'type'> & { readonly type: 'tool-input-error'; readonly errorText: string })
  | ApprovalRequested
  | {
      readonly type: 'tool-approval-response';
      readonly approvalId: string;
      readonly approved: boolean;
      readonly reason?: string;
    }
  | { readonly type: 'tool-output-denied'; readonly toolCallId: string }
  | ToolOutput
  | { readonly type: 'steering-message'; readonly id: string; readonly parts: UiUserPart[] }
  | UiData
  | { readonly type: 'message-metadata'; readonly messageMetadata: UiMetadata }
  | { readonly type: 'error'; readonly errorText: string }
  | { readonly type: 'abort'; readonly reason: string }
  | { readonly type: 'finish'; readonly finishReason: UiFinishReason; readonly messageMetadata: UiMetadata };

export type UiFinishReason = 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'interrupted' | 'other';

interface ToolInput {
  readonly type: 'tool-input-available';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
}

interface ApprovalRequested {
  readonly type: 'tool-approval-request';
  readonly approvalId: string;
  readonly toolCallId: string;
  readonly reason?: string;
}

type ToolOutput = { readonly toolCallId: string; readonly toolMetadata: JsonObject } & (
  | { readonly type: 'tool-output-available'; readonly output: unknown }
  | { readonly type: 'tool-output-error'; readonly errorText: string }
);

/** An event that has no word there: it is heard of, and leaves nothing in the message. */
interface UiData {
  readonly type: `data-${string}`;
  readonly data: unknown;
  readonly transient: true;
}

export type UiUserPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'file'; readonly mediaType: string; readonly url: string; readonly filename?: string };

/** What is kept beside a message: what it came to. */
export type UiMetadata = JsonObject;
