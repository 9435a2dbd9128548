import { asArray, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../../dialect.ts';
import { type ClaudeLimits, claudeLimits } from './models.ts';

type Wire = Readonly<Record<string, unknown>>;

/** Since this version nobody takes sampling parameters, documents of the assistant's, or citations of the user's (API versioning page). */
export const STRICTER_SINCE = '2026-10-21';

const SMALLEST_BUDGET = 1024;

/** Lets a budget cover the thoughts of several calls, and so exceed the output cap. */
const INTERLEAVED_BETA = 'interleaved-thinking-2025-05-14';

/** Fields that each kind of thinking has. `between_tools` stands alone. */
const THINKING_FIELDS: Readonly<Record<string, readonly string[]>> = {
  adaptive: ['type', 'display', 'block_binding'],
  enabled: ['type', 'display', 'block_binding', 'budget_tokens'],
  disabled: ['type', 'block_binding'],
  between_tools: ['type'],
};

/** What a request asks beside its messages and tools. */
export function refuseOptions(body: Wire, headers: Headers): Refusal | undefined {
  const limits = claudeLimits(String(body['model']));
  return (
    refuseSampling(body, headers.get('anthropic-version') ?? '', limits) ??
    refuseLength(body, limits) ??
    refuseEffort(body, limits) ??
    refuseThinking(body, limits) ??
    refuseBudget(body, headers) ??
    refuseFormat(body) ??
    refusePrewarm(body)
  );
}

function refuseSampling(body: Wire, version: string, { takesSampling }: ClaudeLimits): Refusal | undefined {
  const { temperature, top_p: topP, top_k: topK } = body;
  const set = Object.entries({ temperature, top_p: topP, top_k: topK }).find(([, value]) => value !== undefined);
  if (!set) return undefined;
  if (version >= STRICTER_SINCE) return badRequest(`${set[0]}: Extra inputs are not permitted`);
  if (takesSampling) return undefined;
  if (temperature !== undefined && temperature !== 1) return badRequest('temperature: must be 1.0 for this model');
  if (topP !== undefined && !(Number(topP) >= 0.99)) return badRequest('top_p: must be at least 0.99 for this model');
  return topK === undefined ? undefined : badRequest('top_k: is not supported by this model');
}

function refuseLength({ model, max_tokens: cap }: Wire, { maxOutputTokens }: ClaudeLimits): Refusal | undefined {
  if (Number(cap) <= maxOutputTokens) return undefined;
  return badRequest(
    `max_tokens: ${String(cap)} > ${maxOutputTokens}, which is the maximum allowed number of output tokens for ${String(model)}`,
  );
}

function refuseEffort(body: Wire, { efforts }: ClaudeLimits): Refusal | undefined {
  const { effort } = asObject(body['output_config']) ?? {};
  if (effort === undefined || effort === null) return undefined;
  if (efforts.length === 0) return badRequest('This model does not support the effort parameter.');
  if (efforts.some((each) => each === effort)) return undefined;
  return badRequest(`output_config.effort: Input should be ${quoted(efforts)}`);
}

function refuseThinking(body: Wire, { thinking: kinds, loudEfforts }: ClaudeLimits): Refusal | undefined {
  const thinking = asObject(body['thinking']);
  if (!thinking) return undefined;
  const { type, display } = thinking;
  const fields = THINKING_FIELDS[String(type)];
  if (!fields) return badRequest(`thinking.type: Input should be ${quoted(Object.keys(THINKING_FIELDS))}`);
  if (!kinds.some((kind) => kind === type)) {
    return badRequest(`thinking.type: "${String(type)}" is not supported by ${String(body['model'])}.`);
  }
  const extra = Object.keys(thinking).find((field) => !fields.includes(field));
  if (extra !== undefined) return badRequest(`thinking.${String(type)}.${extra}: Extra inputs are not permitted`);
  if (display !== undefined && display !== 'summarized' && display !== 'omitted') {
    return badRequest("thinking.display: Input should be 'summarized' or 'omitted'");
  }
  const { effort } = asObject(body['output_config']) ?? {};
  if ((type === 'disabled' || type === 'between_tools') && loudEfforts.some((each) => each === effort)) {
    return badRequest(`thinking.type: "${type}" is not supported at effort "${String(effort)}".`);
  }
  return undefined;
}

function refuseBudget(body: Wire, headers: Headers): Refusal | undefined {
  const { type, budget_tokens: budget } = asObject(body['thinking']) ?? {};
  if (type !== 'enabled') return undefined;
  if (!Number.isInteger(budget)) return badRequest('thinking.enabled.budget_tokens: Field required');
  if (Number(budget) < SMALLEST_BUDGET) {
    return badRequest(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${SMALLEST_BUDGET}`);
  }
  const isShared =
    asArray(body['tools']).length > 0 && headers.get('anthropic-beta')?.includes(INTERLEAVED_BETA) === true;
  if (Number(budget) < Number(body['max_tokens']) || isShared) return undefined;
  return badRequest('`max_tokens` must be greater than `thinking.budget_tokens`.');
}

/** A schema and citations exclude each other: the answer could not hold both. */
function refuseFormat(body: Wire): Refusal | undefined {
  const format = asObject(asObject(body['output_config'])?.['format']);
  if (!format) return undefined;
  if (format['type'] !== 'json_schema' || !asObject(format['schema'])) {
    return badRequest('output_config.format.schema: Field required');
  }
  const cites = asArray(body['messages'])
    .flatMap((message) => asArray(asObject(message)?.['content']))
    .flatMap((block) => [block, ...asArray(asObject(block)?.['content'])])
    .some((block) => asObject(asObject(block)?.['citations'])?.['enabled'] === true);
  return cites ? badRequest('output_config.format: is not supported together with citations.') : undefined;
}

/** A request for no output fills the cache and says nothing, so nothing about an answer may be asked. */
function refusePrewarm(body: Wire): Refusal | undefined {
  if (body['max_tokens'] !== 0) return undefined;
  const choice = asObject(body['tool_choice'])?.['type'];
  const excluded = {
    stream: body['stream'] === true,
    'thinking.enabled': asObject(body['thinking'])?.['type'] === 'enabled',
    'output_config.format': Boolean(asObject(body['output_config'])?.['format']),
    tool_choice: choice === 'any' || choice === 'tool',
  };
  const [found] = Object.entries(excluded).find(([, isSet]) => isSet) ?? [];
  return found === undefined ? undefined : badRequest(`max_tokens: 0 is not supported together with \`${found}\`.`);
}

/** Words of the assistant at the end, which the answer would go on from. */
export function refusePrefill(body: Wire): Refusal | undefined {
  const { role, content } = asObject(asArray(body['messages']).at(-1)) ?? {};
  if (role !== 'assistant') return undefined;
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content).map(asObject);
  // A paused turn is continued by sending it back as the last message; only server tools pause.
  if (blocks.some((block) => block?.['type'] === 'server_tool_use')) return undefined;
  if (!claudeLimits(String(body['model'])).takesPrefill) {
    return badRequest(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  const last = blocks.at(-1);
  if (last?.['type'] === 'text' && String(last['text']).trimEnd() !== last['text']) {
    return badRequest('messages: final assistant content cannot end with trailing whitespace');
  }
  const thinks = asObject(body['thinking'])?.['type'] === 'enabled';
  if (!thinks || String(blocks[0]?.['type']).includes('thinking')) return undefined;
  return badRequest(
    'When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceding the lastmost ' +
      'set of `tool_use` and `tool_result` blocks).',
  );
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(' or ');
}
