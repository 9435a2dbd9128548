import { type Message, messageText, toolCalls } from '@reprise/providers';

/** What was asked last, and what has been found out about it. */
export interface Inquiry {
  readonly question: string;
  /** The tools called since it was asked, oldest first. */
  readonly steps: readonly Step[];
  /** The last list of files of the whole conversation. */
  readonly files: readonly string[] | undefined;
}

/** A tool call with the text of its result; none if the tool failed. */
export interface Step {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: string | undefined;
}

/** The inquiry that a conversation has come to. */
export function currentInquiry(messages: readonly Message[]): Inquiry {
  const asked = messages.findLastIndex(({ role }) => role === 'user');
  const question = messages[asked];
  const listed = stepsOf(messages).findLast(({ tool, result }) => tool === 'list_files' && result !== undefined);
  return {
    question: question ? messageText(question) : '',
    steps: stepsOf(messages.slice(asked + 1)),
    files: listed?.result?.split('\n').filter((line) => line !== '' && !line.startsWith('(')),
  };
}

function stepsOf(messages: readonly Message[]): readonly Step[] {
  const results = new Map<string, string | undefined>();
  for (const message of messages) {
    if (message.role !== 'tool') continue;
    for (const { toolCallId, content, isError } of message.content) {
      const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      results.set(toolCallId, isError ? undefined : text);
    }
  }
  return messages.flatMap(toolCalls).map((call) => ({
    tool: call.name,
    input: typeof call.arguments === 'object' && call.arguments !== null ? { ...call.arguments } : {},
    result: results.get(call.id),
  }));
}
