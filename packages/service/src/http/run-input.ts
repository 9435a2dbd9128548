import { mediaBlock, type UserBlock, type UserMessage, userMessage } from '@reprise/providers';
import { invalidRequest } from './http-problem.ts';
import type { InputBlock, InputBody } from './schemas/message.ts';

/** What a client said as a message: media are what their bytes say they are. Throws an `HttpProblem`, or as `mediaBlock` does. */
export async function userInput(input: InputBody | undefined): Promise<UserMessage | undefined> {
  if (input === undefined) return undefined;
  if (typeof input === 'string') return userMessage(checkText(input));
  return { role: 'user', content: await Promise.all(input.content.map(userBlock)) };
}

async function userBlock(block: InputBlock): Promise<UserBlock> {
  if (block.type === 'text') return { type: 'text', text: checkText(block.text) };
  const name = block.type === 'document' ? block.name : undefined;
  const found = await mediaBlock(new Uint8Array(Buffer.from(block.data, 'base64')), {
    ...(name === undefined ? {} : { name: checkText(name) }),
    ...(block.mediaType === undefined ? {} : { mediaType: block.mediaType }),
  });
  if (found.type === block.type) return found;
  throw invalidRequest(`The block is said to be ${block.type}, and its bytes are ${found.mediaType}.`, 422);
}

/** A half of a surrogate pair is no character, and no vendor takes it. */
function checkText(text: string): string {
  if (text.isWellFormed()) return text;
  throw invalidRequest('A text is no well-formed Unicode: it has half of a character.', 422);
}
