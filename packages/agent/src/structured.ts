import type { Model } from '@reprise/providers';
import type { AnswerOptions, AnswerSchema } from './chat/answer.ts';
import { Chat, type StructuredResult } from './chat/chat.ts';
import type { ChatMessage } from './chat/chat-input.ts';
import type { AskOptions, ChatOptions } from './chat/chat-options.ts';

export interface StructuredOptions<Value> extends ChatOptions, AnswerOptions, Pick<AskOptions, 'prefill' | 'signal'> {
  /** A model, or its name such as `anthropic/claude-opus-5`. */
  readonly model: Model | string;
  readonly schema: AnswerSchema<Value>;
  /** What is asked, after `history`. Default: nothing, where `history` ends with a question. */
  readonly prompt?: ChatMessage;
}

/** One answer as a value, from a chat that lasts for this question. Rejects as `Chat.structured` does. */
export async function structured<Value>(options: StructuredOptions<Value>): Promise<StructuredResult<Value>> {
  const { model, schema, prompt, name, description, via, prefill, signal, ...chat } = options;
  const asked = {
    ...{ name, description, via },
    ...(prefill === undefined ? {} : { prefill }),
    ...(signal === undefined ? {} : { signal }),
  };
  return new Chat(model, chat).structured(schema, prompt, asked);
}
