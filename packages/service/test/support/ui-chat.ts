import { AbstractChat, type ChatInit, type ChatState, type ChatStatus, DefaultChatTransport, type UIMessage } from 'ai';
import { type LiveService, TOKEN } from './live-service.ts';

/** The AI SDK's chat as its React binding has it, without React. */
export class UiChat extends AbstractChat<UIMessage> {
  constructor({ messages = [], ...init }: ChatInit<UIMessage>) {
    super({ ...init, state: plainState(messages) });
  }
}

function plainState(messages: UIMessage[]): ChatState<UIMessage> {
  return {
    status: 'ready' as ChatStatus,
    error: undefined,
    messages,
    pushMessage(message) {
      this.messages = [...this.messages, message];
    },
    popMessage() {
      this.messages = this.messages.slice(0, -1);
    },
    replaceMessage(index, message) {
      this.messages = this.messages.with(index, structuredClone(message));
    },
    snapshot: structuredClone,
  };
}

/** A chat with a live service, through the AI SDK's own transport. */
export function uiChat(
  service: LiveService,
  init: ChatInit<UIMessage> & { readonly fetch?: typeof fetch } = {},
): UiChat {
  const { fetch, ...rest } = init;
  const transport = new DefaultChatTransport<UIMessage>({
    api: `${service.url}/v1/chat`,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...(fetch ? { fetch } : {}),
  });
  return new UiChat({ id: 'chat', transport, ...rest });
}
