/**
 * What a request asks beside its history, as fields of a Responses body.
 *
 * Owns: what a model can do of it, and a warning for each thing it cannot.
 * Leaves to `models.ts`: what each model takes. To `strict-schema.ts`: which schemas can be held to exactly.
 *
 * O1. An object that `vendorOptions` names too holds both, and what stands in `vendorOptions` wins.
 * O2. What the model would refuse is left out or changed, never in silence. A model that nobody described is asked as it was asked.
 */

import { refuseRequest } from '../../check-request.ts';
import { asArray, asObject, type JsonObject } from '../../json.ts';
import type { ModelRequest } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { isAskedEffort, nearestEffort, type OpenAIModelRules } from '../models.ts';
import { isStrictSchema, schemaName } from '../strict-schema.ts';

type WireFields = Readonly<Record<string, unknown>>;

export interface EncodedOptions {
  /** To be spread over the body's other fields. */
  readonly fields: WireFields;
  /** Tools of the vendor's own; they stand after the caller's. */
  readonly tools: readonly JsonObject[];
  readonly warnings: readonly WarningEvent[];
}

const ENCRYPTED_REASONING = 'reasoning.encrypted_content';
const SEARCH_SOURCES = 'web_search_call.action.sources';

/** Throws `provider/invalid-request` for an output schema where the model takes none. */
export function encodeOptions(request: ModelRequest, model: string, rules: OpenAIModelRules): EncodedOptions {
  const warnings: WarningEvent[] = [];
  const warn = (field: string, outcome: 'ignored' | 'adapted', message: string): void => {
    warnings.push({ type: 'warning', code: `request/${field}-${outcome}`, message });
  };
  const searches = encodeSearch(request, model, rules, warn);
  const reasoning = encodeReasoning(request, model, rules, warn);
  const fields = {
    ...encodeTemperature(request, model, rules, reasoning, warn),
    ...present('reasoning', reasoning),
    ...present('text', encodeOutput(request, model, rules)),
    ...(request.cacheKey === undefined ? {} : { prompt_cache_key: request.cacheKey }),
    ...present('prompt_cache_options', encodeDiagnostics(request, model, rules, warn)),
    ...encodeInclude(request, rules, searches.length > 0),
  };
  return { fields, tools: searches, warnings };
}

type Warn = (field: string, outcome: 'ignored' | 'adapted', message: string) => void;

function encodeSearch({ search }: ModelRequest, model: string, rules: OpenAIModelRules, warn: Warn): JsonObject[] {
  if (search === undefined || search === false) return [];
  if (rules.takesSearch) return [{ type: 'web_search', search_context_size: search }];
  warn('search', 'ignored', `search is "${search}", and ${model} does not search the web; it was not asked to.`);
  return [];
}

/** Summaries are asked for with an effort, since a caller who chooses how much to think has use for the thoughts. */
function encodeReasoning(request: ModelRequest, model: string, rules: OpenAIModelRules, warn: Warn): WireFields {
  const effort = encodeEffort(request, model, rules, warn);
  return {
    ...(effort === undefined ? {} : { effort }),
    ...(effort === undefined || effort === 'none' || !rules.summarizes ? {} : { summary: 'auto' }),
    ...asObject(request.vendorOptions?.['reasoning']),
  };
}

function encodeEffort(
  { think, search }: ModelRequest,
  model: string,
  { efforts, thinksUnasked }: OpenAIModelRules,
  warn: Warn,
): string | undefined {
  if (think === undefined) return undefined;
  // The web search tool is refused together with the effort `minimal` (GPT-5, 2026-11).
  const effort = nearestEffort(think, search ? efforts.filter((name) => name !== 'minimal') : efforts);
  if (effort === undefined) {
    const isMet = think === 'off' && !thinksUnasked;
    if (!isMet) warn('think', 'ignored', `think is "${think}", and ${model} takes no reasoning effort; none was sent.`);
  } else if (!isAskedEffort(think, effort)) {
    warn('think', 'adapted', `think is "${think}", and the nearest effort that ${model} takes is "${effort}".`);
  }
  return effort;
}

function encodeTemperature(
  { temperature }: ModelRequest,
  model: string,
  rules: OpenAIModelRules,
  reasoning: WireFields,
  warn: Warn,
): WireFields {
  if (temperature === undefined) return {};
  const { effort } = reasoning;
  const thinks = effort === undefined || effort === null ? rules.thinksUnasked : effort !== 'none';
  const isTaken = rules.temperature === 'always' || (rules.temperature === 'without-thinking' && !thinks);
  if (isTaken) return { temperature };
  const remedy = rules.temperature === 'never' ? '' : ' With think: "off" it would be.';
  warn(
    'temperature',
    'ignored',
    `temperature is ${temperature}, and ${model} takes none here; it was not sent.${remedy}`,
  );
  return {};
}

function encodeOutput({ output, vendorOptions }: ModelRequest, model: string, rules: OpenAIModelRules): WireFields {
  const text = asObject(vendorOptions?.['text']);
  if (output === undefined) return text ?? {};
  if (!rules.takesStructuredOutput) {
    refuseRequest(
      `output is set, and ${model} cannot be held to a schema: use another model, or a tool whose arguments have that schema.`,
    );
  }
  const format = { type: 'json_schema', name: schemaName(output), schema: output, strict: isStrictSchema(output) };
  return { format, ...text };
}

function encodeDiagnostics(request: ModelRequest, model: string, rules: OpenAIModelRules, warn: Warn): WireFields {
  const { diagnostics = false, messages, vendorOptions } = request;
  const options = asObject(vendorOptions?.['prompt_cache_options']);
  if (!diagnostics) return options ?? {};
  if (!rules.explainsCache) {
    warn('diagnostics', 'ignored', `diagnostics is set, and ${model} does not tell how a request met its cache.`);
    return options ?? {};
  }
  const earlier = messages.findLast((message) => message.role === 'assistant' && isResponseId(message.responseId));
  const id = earlier?.role === 'assistant' ? earlier.responseId : undefined;
  return { ...(id === undefined ? {} : { comparison_response_id: id }), ...options };
}

/** Other vendors' models name their responses otherwise, and the API refuses such a name. */
function isResponseId(id: string | undefined): boolean {
  return id?.startsWith('resp_') === true;
}

function encodeInclude(
  { vendorOptions }: ModelRequest,
  { efforts, thinksUnasked, hidesSources }: OpenAIModelRules,
  searches: boolean,
): WireFields {
  const include = new Set([
    // A model that does not reason refuses to be asked: "Encrypted content is not supported with this model."
    ...(efforts.length > 0 || thinksUnasked ? [ENCRYPTED_REASONING] : []),
    ...(searches && hidesSources ? [SEARCH_SOURCES] : []),
    ...asArray(vendorOptions?.['include']),
  ]);
  return include.size > 0 ? { include: [...include] } : {};
}

/** A field that holds something. */
function present(name: string, value: WireFields): WireFields {
  return Object.keys(value).length > 0 ? { [name]: value } : {};
}
