/**
 * What a request asks beside its history, as fields of a Chat Completions body.
 *
 * Owns: what a vendor's model can do of it, and a warning for each thing it cannot.
 * Leaves to `vendor-list.ts` and `models.ts`: what each of them takes. To `encode-thinking.ts`: how much it thinks.
 *
 * O1. What would be refused is left out or changed, never in silence. A model that nobody described is asked as it was asked.
 * O2. What cannot be changed without breaking a promise is refused before anything is sent.
 */

import { refuseRequest } from '../../check-request.ts';
import { ProviderError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import type { ModelRequest } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { openaiModelRules } from '../models.ts';
import { isStrictSchema, schemaName } from '../strict-schema.ts';
import type { ChatVendor } from '../vendors.ts';
import { encodeThinking, type Warn } from './encode-thinking.ts';

export interface EncodedOptions {
  /** To be spread over the body's other fields, and under `vendorOptions`. */
  readonly fields: JsonObject;
  /** Tools of the vendor's own; they stand after the caller's. */
  readonly tools: readonly JsonObject[];
  /** What the system prompt says after the caller's own. */
  readonly instruction: string;
  /** The message that begins the answer. */
  readonly beginning: readonly JsonObject[];
  readonly headers: Readonly<Record<string, string>>;
  readonly warnings: readonly WarningEvent[];
}

/** Throws `provider/unsupported` for a prefill and `provider/invalid-request` for an output schema that the model cannot keep. */
export function encodeOptions(request: ModelRequest, model: string, vendor: ChatVendor): EncodedOptions {
  const warnings: WarningEvent[] = [];
  const warn: Warn = (field, outcome, message) => {
    warnings.push({ type: 'warning', code: `request/${field}-${outcome}`, message });
  };
  if (request.diagnostics) {
    warn(
      'diagnostics',
      'ignored',
      'diagnostics is set, and Chat Completions does not tell how a request met its cache.',
    );
  }
  const thinking = encodeThinking(request, model, vendor, warn);
  const output = encodeOutput(request, model, vendor, warn);
  const search = encodeSearch(request, model, vendor, warn);
  const prefill = encodePrefill(request, vendor);
  return {
    fields: { ...thinking, ...output.fields, ...search.fields, ...prefill.fields, ...encodeCacheKey(request, vendor) },
    tools: search.tools,
    instruction: output.instruction,
    beginning: prefill.beginning,
    headers: encodeHeaders(request, vendor),
    warnings,
  };
}

/** A vendor that takes no schema is told of it in words; one that takes neither is refused. */
function encodeOutput(
  { output }: ModelRequest,
  model: string,
  vendor: ChatVendor,
  warn: Warn,
): Pick<EncodedOptions, 'fields' | 'instruction'> {
  if (output === undefined) return { fields: {}, instruction: '' };
  const takesSchema = vendor.schemaModels?.test(model) ?? openaiModelRules(model).takesStructuredOutput;
  if (takesSchema) {
    const strict = vendor.strictModels?.test(model) && isStrictSchema(output) ? { strict: true } : {};
    const json_schema = { name: schemaName(output), schema: output, ...strict };
    return { fields: { response_format: { type: 'json_schema', json_schema } }, instruction: '' };
  }
  if (vendor.schemaModels === undefined) {
    refuseRequest(
      `output is set, and ${model} cannot be held to a schema: use another model, or a tool whose arguments have that schema.`,
    );
  }
  warn('output', 'adapted', `${model} can be held to JSON, not to a schema; the system prompt tells it the schema.`);
  return {
    fields: { response_format: { type: 'json_object' } },
    instruction: `Answer with JSON that follows this JSON Schema:\n${JSON.stringify(output)}`,
  };
}

function encodeSearch(
  { search }: ModelRequest,
  model: string,
  vendor: ChatVendor,
  warn: Warn,
): Pick<EncodedOptions, 'fields' | 'tools'> {
  if (search === undefined || search === false) return { fields: {}, tools: [] };
  if (!vendor.search?.models.test(model)) {
    warn('search', 'ignored', `search is "${search}", and ${model} does not search the web here; it was not asked to.`);
    return { fields: {}, tools: [] };
  }
  const options = { search_context_size: search };
  return vendor.search.by === 'openrouter-tool'
    ? { fields: {}, tools: [{ type: 'openrouter:web_search', parameters: options }] }
    : { fields: { web_search_options: options }, tools: [] };
}

function encodePrefill(
  { prefill = '' }: ModelRequest,
  vendor: ChatVendor,
): Pick<EncodedOptions, 'fields' | 'beginning'> {
  if (prefill === '') return { fields: {}, beginning: [] };
  if (!vendor.prefill) {
    throw new ProviderError(
      'provider/unsupported',
      `prefill is set, and ${vendor.name} has no way to begin an answer in Chat Completions: leave it out, or say it in the prompt.`,
    );
  }
  return {
    fields: vendor.prefill.body,
    beginning: [{ role: 'assistant', content: prefill, ...vendor.prefill.message }],
  };
}

function encodeCacheKey({ cacheKey }: ModelRequest, { takesCacheKey }: ChatVendor): JsonObject {
  return cacheKey === undefined || !takesCacheKey ? {} : { prompt_cache_key: cacheKey };
}

function encodeHeaders({ cacheKey }: ModelRequest, { cacheKeyHeader }: ChatVendor): Readonly<Record<string, string>> {
  return cacheKey === undefined || cacheKeyHeader === undefined ? {} : { [cacheKeyHeader]: cacheKey };
}
