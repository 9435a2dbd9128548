import type { Message } from '@reprise/providers';

/** What the strictest vendor would refuse in a history; empty when it can be sent. */
export function unsendable(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message, index) => {
    const next = messages[index + 1];
    const calls = message.content.flatMap((block) => (block.type === 'tool-call' ? [block.id] : []));
    const results = message.content.flatMap((block) => (block.type === 'tool-result' ? [block.toolCallId] : []));
    const previous = messages[index - 1];
    const asked = previous?.content.flatMap((block) => (block.type === 'tool-call' ? [block.id] : [])) ?? [];
    const answered = next?.content.flatMap((block) => (block.type === 'tool-result' ? [block.toolCallId] : [])) ?? [];
    return [
      // The last message may await its results: they are added before anything is sent.
      ...(next && calls.join() !== answered.join()
        ? [`message ${index} has calls ${calls} answered by ${answered}`]
        : []),
      ...(results.join() === (results.length > 0 ? asked.join() : '')
        ? []
        : [`message ${index} has orphan results ${results}`]),
      ...message.content.flatMap((block) =>
        block.type === 'text' && block.text === '' ? [`message ${index} has an empty text`] : [],
      ),
    ];
  });
}
