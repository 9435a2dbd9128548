/**
 * What is refused before anything is sent, since the vendor is sure to refuse it.
 *
 * Owns: the words in which a caller is told, and what to do instead.
 * Leaves to `models.ts`: what each model takes. To `../check-request.ts`: what every vendor refuses.
 *
 * C1. A model that nobody described is refused only what every model is.
 * C2. What could be left out or changed without harm is not refused but adapted, in `encode-options.ts`.
 */

import { checkRequest, refuseRequest } from '../check-request.ts';
import { ProviderError } from '../errors.ts';
import { mapGrowing } from '../frozen.ts';
import { asObject } from '../json.ts';
import type { MediaBlock } from '../media.ts';
import type { Message } from '../message.ts';
import type { ModelRequest } from '../request.ts';
import { isReadable } from './encode/encode-messages.ts';
import { isThinking } from './encode/encode-options.ts';
import type { EncodedRequest } from './encode/encode-request.ts';
import { SEARCH_TOOL_NAME } from './encode/search.ts';
import { type AnthropicModelRules, anthropicModelRules, EFFORTS } from './models.ts';
import type { MessagesBody } from './wire.ts';

const MAX_MESSAGES = 100_000;

/** Throws `provider/invalid-request`, or `provider/unsupported-media` for a file the vendor does not read. */
export function checkAnthropicRequest(request: ModelRequest, model = 'unknown'): void {
  const rules = anthropicModelRules(model);
  checkRequest(request, ['messages', 'stream', 'system']);
  const { messages } = request;
  if (messages.length > MAX_MESSAGES) {
    refuseRequest(`messages has ${messages.length} messages; the vendor takes ${MAX_MESSAGES} at most.`);
  }
  checkSearch(request);
  checkPrefill(request, model, rules);
  checkOutput(request, model, rules);
  checkAnthropicMedia(messages);
}

/** Throws `provider/invalid-request` for what only the whole body shows, `vendorOptions` included. */
export function checkAnthropicBody({ body, prefill }: EncodedRequest, model: string): void {
  const rules = anthropicModelRules(model);
  checkThinking(body, model, rules);
  checkForcedTool(body, model, rules);
  if (prefill === undefined) checkLastMessage(body, model, rules);
  else if (isThinking(body['thinking'])) {
    refuseRequest(
      "prefill is set while the model thinks, which the vendor refuses: set think to 'off', or leave prefill out.",
    );
  }
}

function checkSearch({ search, tools = [], vendorOptions }: ModelRequest): void {
  if (!search) return;
  if (tools.some((tool) => tool.name === SEARCH_TOOL_NAME)) {
    refuseRequest(`tools has a ${SEARCH_TOOL_NAME}, and search adds the vendor's tool of that name: rename yours.`);
  }
  if (vendorOptions?.['tools'] !== undefined) {
    refuseRequest(
      'search is set, and vendorOptions.tools would replace its tool: name the web search tool there instead.',
    );
  }
}

function checkPrefill({ prefill, output }: ModelRequest, model: string, { takesPrefill }: AnthropicModelRules): void {
  if (!prefill) return;
  if (!takesPrefill) {
    refuseRequest(
      `prefill is set, and ${model} takes none: ask for the form of the answer in the system prompt, or by output where it is JSON.`,
    );
  }
  if (output !== undefined)
    refuseRequest('prefill and output are set; the vendor takes one of them: leave prefill out.');
}

function checkOutput({ output }: ModelRequest, model: string, { takesOutputSchema }: AnthropicModelRules): void {
  if (output === undefined || takesOutputSchema) return;
  refuseRequest(
    `output is set, and ${model} cannot be held to a schema: use completeStructured, which asks by a tool whose arguments have it.`,
  );
}

/** Throws `provider/unsupported-media` for a file of a user's message that the vendor does not read. */
export const checkAnthropicMedia: (messages: readonly Message[]) => readonly never[] = mapGrowing(
  (message: Message, index) => {
    checkMedia(message, index);
    return [];
  },
);

function checkMedia(message: Message, index: number): void {
  if (message.role !== 'user') return;
  for (const block of message.content) {
    if (block.type !== 'text' && !isReadable(block)) throw unsupportedMedia(block, index);
  }
}

function unsupportedMedia({ type, mediaType }: MediaBlock, index: number): ProviderError {
  return new ProviderError(
    'provider/unsupported-media',
    `messages[${index}] has a ${type} of type ${mediaType}; Claude reads images (JPEG, PNG, GIF, WebP), PDFs and text.`,
  );
}

function checkThinking(body: MessagesBody, model: string, rules: AnthropicModelRules): void {
  const { type, budget_tokens: budget } = asObject(body['thinking']) ?? {};
  const { effort } = asObject(body['output_config']) ?? {};
  if (type === 'enabled') checkBudget(budget, body);
  if (!rules.isKnown) return;
  if (typeof effort === 'string' && !rules.efforts.some((name) => name === effort)) {
    refuseRequest(
      `output_config.effort is '${effort}', which ${model} refuses: ${expected(rules.efforts)} is expected.`,
    );
  }
  if (typeof type !== 'string') return;
  if (!rules.thinking.some((kind) => kind === type)) {
    refuseRequest(`thinking.type is '${type}', which ${model} refuses: ${expected(rules.thinking)} is expected.`);
  }
  if (type === 'disabled' || type === 'between_tools') checkQuiet(type, effort, model, rules);
}

function expected(values: readonly string[]): string {
  return values.length > 0 ? values.map((value) => `'${value}'`).join(' or ') : 'no such field';
}

function checkBudget(budget: unknown, { max_tokens }: MessagesBody): void {
  if (typeof budget !== 'number' || (budget >= 1024 && budget < max_tokens)) return;
  refuseRequest(
    `thinking.budget_tokens is ${budget}; at least 1024 and less than max_tokens, ${max_tokens}, is expected.`,
  );
}

function checkQuiet(type: string, effort: unknown, model: string, { quietEffort }: AnthropicModelRules): void {
  const levels: readonly unknown[] = EFFORTS;
  if (quietEffort === undefined || levels.indexOf(effort) <= levels.indexOf(quietEffort)) return;
  refuseRequest(
    `thinking.type is '${type}' at effort '${effort}'; ${model} takes it up to effort '${quietEffort}': lower the effort, or let it think.`,
  );
}

function checkForcedTool(body: MessagesBody, model: string, { takesForcedTool }: AnthropicModelRules): void {
  const type = body.tool_choice?.type;
  if (type !== 'any' && type !== 'tool') return;
  if (!takesForcedTool) {
    refuseRequest(
      `toolChoice forces a tool, which ${model} refuses: use 'auto' and ask for the call in the prompt, or use output for an answer that follows a schema.`,
    );
  }
  // Beside adaptive thinking a forced tool is taken (tried by others against the API, 2026-09).
  if (asObject(body['thinking'])?.['type'] === 'enabled') {
    refuseRequest(
      `toolChoice forces a tool while ${model} thinks, which the vendor refuses: set think to 'off', or toolChoice to 'auto'.`,
    );
  }
}

/** An answer that paused for a tool of the vendor's goes on everywhere; one that ends in words is a prefill. */
function checkLastMessage({ messages }: MessagesBody, model: string, { takesPrefill }: AnthropicModelRules): void {
  const last = messages.at(-1);
  if (takesPrefill || last?.role !== 'assistant' || last.content.at(-1)?.['type'] !== 'text') return;
  refuseRequest(`messages ends with an assistant's text, and ${model} does not go on from one: add a user message.`);
}
