import { type Agent, createAgent, type Session } from '@reprise/agent';
import { anthropic, type ImageBlock, type UserMessage } from '@reprise/providers';
import { ANSWER_BYTES, QUESTION_BYTES } from './stored-session.ts';
import { textOf } from './texts.ts';
import { anthropicAnswer, servedInChunks } from './wire-streams.ts';

const MODEL = 'claude-opus-5';
const SYSTEM = textOf(1, 4000);

/** The bytes that every request begins with, which are kept once. */
export const SYSTEM_BYTES = SYSTEM.length;

/** An agent whose vendor answers every request at once, with as many bytes of text as a turn has here, never the same twice. */
export function answeringAgent(): Agent {
  let answers = 0;
  const answer: typeof fetch = (...request) => {
    answers += 1;
    const id = `msg_01XFDUDYJgAACzvnptv${answers}`;
    const body = anthropicAnswer(textOf(answers, ANSWER_BYTES), { id, model: MODEL });
    return servedInChunks(body)(...request);
  };
  const model = anthropic({ apiKey: 'bench', fetch: answer }).model(MODEL);
  return createAgent({ model, system: SYSTEM, maxTokens: 4096 });
}

/** Sends questions until the session has so many turns; the first one carries the picture. */
export async function sendUntil(session: Session, turns: number, picture: Uint8Array): Promise<void> {
  while (session.state.turnCount < turns) await session.send(question(session.state.turnCount + 1, picture)).result();
}

function question(number: number, picture: Uint8Array): UserMessage {
  const text = { type: 'text', text: textOf(number, QUESTION_BYTES) } as const;
  return { role: 'user', content: number === 1 ? [pictureBlock(picture), text] : [text] };
}

function pictureBlock(picture: Uint8Array): ImageBlock {
  return { type: 'image', mediaType: 'image/png', data: Buffer.from(picture).toString('base64') };
}
