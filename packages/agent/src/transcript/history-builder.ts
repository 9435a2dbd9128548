/**
 * Messages from the elements of a transcript.
 *
 * Owns: which message an element belongs to.
 *
 * H1. A mark begins a message, and what follows is of it. A call's result comes in the tool message after it.
 * H2. Before the first mark stands an answer of an assistant: each call ends a message that began with the text before it.
 */

import {
  type AssistantBlock,
  type AssistantMessage,
  asObject,
  type Block,
  type Message,
  type TextBlock,
  type ToolResultBlock,
  type UserBlock,
} from '@reprise/providers';
import { isVendorFields } from './block-details.ts';
import { brokenTranscript, type Fields, type Segment } from './scan.ts';
import type { DecodedExchange } from './tool-details.ts';

export interface HistoryBuilderOptions {
  /** Puts what a message cannot hold into one of the assistant's, instead of throwing. */
  readonly lenient: boolean;
  /** Whether white space around the texts of an answer without marks is not theirs. */
  readonly trimsTexts: boolean;
}

interface OpenMessage {
  /** `undefined`: an answer without marks. */
  readonly role: Message['role'] | undefined;
  readonly fields: Fields;
  readonly line: number;
  readonly content: Block[];
  readonly results: ToolResultBlock[];
}

export class HistoryBuilder {
  readonly #options: HistoryBuilderOptions;
  readonly #messages: Message[] = [];
  #open: OpenMessage = openMessage(undefined, 1);

  constructor(options: HistoryBuilderOptions) {
    this.#options = options;
  }

  add(segment: Segment): void {
    switch (segment.kind) {
      case 'message':
        this.#close(true);
        this.#open = openMessage(segment.role, segment.line, segment.fields);
        break;
      case 'text':
        this.#addBlock({ type: 'text', text: this.#ownText(segment.text) }, segment.line);
        break;
      case 'text-end':
        this.#endText(segment.fields);
        break;
      case 'block':
        this.#addBlock(segment.block, segment.line);
        break;
      case 'tool':
        this.#addExchange(segment.exchange, segment.line);
        break;
      case 'usage':
        break;
    }
  }

  end(): readonly Message[] {
    this.#close(true);
    return this.#messages;
  }

  #ownText(text: string): string {
    return this.#open.role === undefined && this.#options.trimsTexts ? text.trim() : text;
  }

  #addBlock(block: Block, line: number): void {
    if (!isHeldBy(block, this.#open.role)) this.#misplaced(line, `a ${block.type} block`);
    this.#open.content.push(block);
  }

  #endText(fields: Fields): void {
    const { content } = this.#open;
    const last = content.at(-1);
    if (last?.type === 'text') content[content.length - 1] = { ...last, ...textFields(fields) };
  }

  #addExchange({ call, result }: DecodedExchange, line: number): void {
    if (this.#open.role === 'tool' && result) this.#open.content.push(result);
    else {
      this.#addBlock(call, line);
      if (result) this.#open.results.push(result);
    }
    if (this.#open.role === undefined) this.#close(false);
  }

  /** Goes on in a message of the assistant's, if it may. */
  #misplaced(line: number, what: string): void {
    const { role = 'assistant' } = this.#open;
    if (!this.#options.lenient) throw brokenTranscript(line, `${what} in a message of the role ${role}.`);
    this.#close(true);
    this.#open = openMessage('assistant', line);
  }

  #close(isLast: boolean): void {
    const { role, fields, line, content, results } = this.#open;
    const calls = content.filter((block) => block.type === 'tool-call').length;
    if (results.length > 0 && results.length < calls && !this.#options.lenient) {
      throw brokenTranscript(line, `the message here has ${calls} calls, and results for ${results.length} of them.`);
    }
    if (role !== undefined) this.#messages.push(messageOf(role, content, fields));
    else if (content.length > 0) this.#messages.push(messageOf('assistant', content, fields));
    else if (isLast && this.#messages.at(-1)?.role === 'tool') this.#messages.push(CLOSING);
    if (results.length > 0) this.#messages.push({ role: 'tool', content: results });
    this.#open = openMessage(undefined, line);
  }
}

/** What the assistant says after a last result, so that a question may follow. */
const CLOSING: Message = { role: 'assistant', content: [{ type: 'text', text: '.' }] };

function openMessage(role: Message['role'] | undefined, line: number, fields: Fields = {}): OpenMessage {
  return { role, fields, line, content: [], results: [] };
}

const HELD: Readonly<Record<Message['role'], readonly Block['type'][]>> = {
  user: ['text', 'image', 'document'],
  assistant: ['text', 'thinking', 'redacted-thinking', 'tool-call', 'opaque'],
  tool: ['tool-result'],
};

function isHeldBy(block: Block, role: Message['role'] = 'assistant'): boolean {
  return HELD[role].includes(block.type);
}

function messageOf(role: Message['role'], content: readonly Block[], fields: Fields): Message {
  switch (role) {
    case 'user':
      return { role, content: content.filter(isUserBlock), ...markFields(fields) };
    case 'assistant':
      return { role, content: content.filter(isAssistantBlock), ...responseFields(fields), ...markFields(fields) };
    case 'tool':
      return { role, content: content.filter((block) => block.type === 'tool-result'), ...markFields(fields) };
  }
}

function isUserBlock(block: Block): block is UserBlock {
  return isHeldBy(block, 'user');
}

function isAssistantBlock(block: Block): block is AssistantBlock {
  return isHeldBy(block, 'assistant');
}

function responseFields({ responseId }: Fields): Pick<AssistantMessage, 'responseId'> {
  return typeof responseId === 'string' ? { responseId } : {};
}

function markFields({ cache }: Fields): Pick<Message, 'cache'> {
  const fields = asObject(cache);
  if (!fields) return {};
  const { ttl } = fields;
  return { cache: ttl === '5m' || ttl === '1h' || ttl === '30m' || ttl === '12h' ? { ttl } : {} };
}

/** What a text has beside its words: citations, and fields of its vendor's. */
function textFields({ citations, vendorFields }: Fields): Pick<TextBlock, 'citations' | 'vendorFields'> {
  return {
    ...(Array.isArray(citations) ? { citations } : {}),
    ...(isVendorFields(vendorFields) ? { vendorFields } : {}),
  };
}
