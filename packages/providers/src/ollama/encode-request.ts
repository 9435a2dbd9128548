/**
 * A request of ours as the body of an Ollama chat call.
 *
 * Owns: the body's JSON, to the byte.
 * Leaves to `check-request.ts`: what is refused of the request as a whole.
 *
 * W1. The same request gives the same bytes, and a longer history only adds to them.
 * W2. What the format has no place for is refused where the caller put it, and left out where another vendor's model or a tool did.
 * W3. A prefill is the last message, which the server leaves open for the model to go on from.
 */

import { ProviderError } from '../errors.ts';
import { foldGrowing } from '../frozen.ts';
import { asObject, parseExactJson } from '../json.ts';
import type { MediaBlock } from '../media.ts';
import {
  type AssistantMessage,
  type Message,
  messageText,
  type ToolCallBlock,
  type ToolMessage,
  toolCalls,
  type UserMessage,
} from '../message.ts';
import type { ModelRequest, ToolDefinition } from '../request.ts';
import type { WarningEvent } from '../stream-event.ts';
import { createLeftOutWarnings, encodeResults, NO_ROUND, type ResultRound, roundAfter } from '../tool-media.ts';
import type { ChatBody, WireMessage, WireObject, WireTool, WireToolCall } from './wire.ts';

export interface EncodedRequest {
  readonly body: ChatBody;
  /** What was adapted. */
  readonly warnings: readonly WarningEvent[];
}

/** Throws `provider/unsupported-media` for what a user message cannot hold. */
export function encodeRequest(request: ModelRequest, model: string): EncodedRequest {
  const tools = (request.tools ?? []).map(encodeTool);
  const options = encodeOptions(request);
  const thinking = encodeThink(request.think, model);
  const body: ChatBody = {
    model,
    messages: [
      ...encodeSystem(request.system ?? ''),
      ...encodeMessages(request.messages),
      ...encodePrefill(request.prefill ?? ''),
    ],
    ...(tools.length > 0 ? { tools } : {}),
    ...(thinking.think === undefined ? {} : { think: thinking.think }),
    ...(request.output === undefined ? {} : { format: request.output }),
    ...request.vendorOptions,
    ...(Object.keys(options).length > 0 ? { options } : {}),
    stream: true,
  };
  const warnings = [...thinking.warnings, ...ignoredWarnings(request), ...leftOutWarnings(request.messages)];
  return { body, warnings };
}

/**
 * Levels go out as they are. Of the models that think, those without levels take each for `true`; a model that does not think refuses
 * it ("… does not support thinking", HTTP 400), which nothing but the server can know. GPT-OSS cannot stop thinking, and knows three
 * levels (ollama: server/routes.go, 2026-11).
 */
function encodeThink(
  level: ModelRequest['think'],
  model: string,
): { readonly think?: ChatBody['think']; readonly warnings: readonly WarningEvent[] } {
  if (level === undefined) return { warnings: [] };
  if (!/gpt-oss/i.test(model)) return { think: level === 'off' ? false : level, warnings: [] };
  if (level !== 'off') return { think: level === 'max' ? 'high' : level, warnings: [] };
  const message = `think is "off", and ${model} cannot stop thinking; the level "low" was sent.`;
  return { think: 'low', warnings: [{ type: 'warning', code: 'request/think-adapted', message }] };
}

function ignoredWarnings({ search, diagnostics }: ModelRequest): readonly WarningEvent[] {
  return [
    ...(search
      ? [ignored('search', `search is "${search}", and Ollama does not search the web; it was not asked to.`)]
      : []),
    ...(diagnostics
      ? [ignored('diagnostics', 'diagnostics is set, and Ollama does not tell how a request met its cache.')]
      : []),
  ];
}

function ignored(field: string, message: string): WarningEvent {
  return { type: 'warning', code: `request/${field}-ignored`, message };
}

/**
 * Templates and renderers leave a last assistant message open (ollama#6778); where a model's own closes it, as Gemma 4's did in 2026,
 * the model begins anew.
 */
function encodePrefill(prefill: string): readonly WireMessage[] {
  return prefill === '' ? [] : [{ role: 'assistant', content: prefill }];
}

/** Caps and sampling share one object with the server's own settings, so the caller's are put beside ours. */
function encodeOptions({ maxTokens, temperature, stopSequences, vendorOptions }: ModelRequest): WireObject {
  return {
    ...(maxTokens === undefined ? {} : { num_predict: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(stopSequences === undefined ? {} : { stop: stopSequences }),
    ...asObject(vendorOptions?.['options']),
  };
}

function encodeSystem(system: string): readonly WireMessage[] {
  return system === '' ? [] : [{ role: 'system', content: system }];
}

function encodeTool({ name, description, inputSchema }: ToolDefinition): WireTool {
  return { type: 'function', function: { name, description, parameters: inputSchema } };
}

const encodeMessages = foldGrowing(NO_ROUND, (message: Message, _index, round: ResultRound<string>) =>
  message.role === 'tool'
    ? encodeToolMessage(message, round)
    : { results: encodeMessage(message), state: roundAfter(message) },
);

function encodeMessage(message: UserMessage | AssistantMessage): readonly WireMessage[] {
  return message.role === 'user' ? [encodeUser(message)] : encodeAssistant(message);
}

/** The format has one text and one list of images a message; several texts stand on lines of their own. */
function encodeUser({ content }: UserMessage): WireMessage {
  const texts: string[] = [];
  const images: string[] = [];
  for (const block of content) {
    switch (block.type) {
      case 'text':
        texts.push(block.text);
        break;
      case 'image':
        images.push(canonicalBase64(block.data));
        break;
      case 'document':
        throw new ProviderError(
          'provider/unsupported-media',
          `A user message holds a document of type ${block.mediaType}, and Ollama takes none.`,
        );
    }
  }
  return { role: 'user', content: texts.join('\n'), ...(images.length > 0 ? { images } : {}) };
}

/** What sending the bytes will give, so that the prefix computed before sending is the one sent. */
function canonicalBase64(data: string): string {
  return Buffer.from(data, 'base64').toString('base64');
}

/** Thinking goes back without its signature, which Ollama does not know. A message that says nothing is left out. */
function encodeAssistant(message: AssistantMessage): readonly WireMessage[] {
  const text = messageText(message);
  const thinking = message.content.map((block) => (block.type === 'thinking' ? block.text : '')).join('');
  const calls = toolCalls(message).map(encodeToolCall);
  if (text === '' && thinking === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: text,
      ...(thinking === '' ? {} : { thinking }),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    },
  ];
}

/** Arguments travel as an object; parsed from their text, so that numbers a double cannot hold go back as they came. */
function encodeToolCall({ name, argumentsText }: ToolCallBlock): WireToolCall {
  return { function: { name, arguments: asObject(parseExactJson(argumentsText)) ?? {} } };
}

/** Results are matched to calls by their order and name. Templates show no images but those of users. */
function encodeToolMessage(message: ToolMessage, round: ResultRound<string>) {
  return encodeResults<WireMessage, string>(message, round, {
    encodeMedium: encodeToolImage,
    encodeResult: ({ toolName }, content) => ({ role: 'tool', content, tool_name: toolName }),
    encodeCarried: (carried) => ({
      role: 'user',
      content: carried.map(({ label }) => label).join('\n'),
      images: carried.map(({ medium }) => medium),
    }),
  });
}

function encodeToolImage({ type, mediaType, data }: MediaBlock): string | undefined {
  return type === 'image' && READ_IMAGES.has(mediaType) ? canonicalBase64(data) : undefined;
}

/** What its own command line lets through (ollama: cmd/interactive.go, 2026-11). */
const READ_IMAGES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp']);

const leftOutWarnings = createLeftOutWarnings(
  'Ollama',
  ({ type, mediaType }) => type === 'image' && READ_IMAGES.has(mediaType),
);
