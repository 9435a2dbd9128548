/**
 * What a request asks beside its history, as fields of a Messages body.
 *
 * Owns: which of it a model and a host are asked, and a warning for each thing they are not.
 * Leaves to `models.ts`: what each model takes. To `thinking.ts`, `search.ts`, `sampling.ts`, `prefill.ts`, `diagnostics.ts`: each its own.
 *
 * W5. What the model or the host cannot do is left out or changed with a warning. A model that nobody described is asked as it was asked.
 * W6. An object that `vendorOptions` names too holds both, and what stands in `vendorOptions` wins.
 */

import { asObject, type JsonObject } from '../../json.ts';
import type { ModelRequest } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { planDiagnostics } from '../decode/diagnostics.ts';
import type { AnthropicHost } from '../host.ts';
import { type AnthropicModelRules, anthropicModelRules } from '../models.ts';
import type { WireServerTool } from '../wire.ts';
import { planPrefill } from './prefill.ts';
import { planSampling } from './sampling.ts';
import { planSearch } from './search.ts';
import { type PlannedThinking, planThinking } from './thinking.ts';

export interface EncodedOptions {
  /** To be spread over the body's other fields. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly maxTokens: number;
  /** Tools of the vendor's own; they stand after the caller's. */
  readonly tools: readonly WireServerTool[];
  readonly prefill?: string;
  /** Whether an earlier response is named that the vendor can compare this request with. */
  readonly hasPrevious: boolean;
  readonly warnings: readonly WarningEvent[];
}

/** Throws `provider/invalid-request` where thinking finds no room. */
export function encodeOptions(request: ModelRequest, model: string, host: AnthropicHost): EncodedOptions {
  const rules = anthropicModelRules(model);
  const version = host === 'bedrock' ? rules.bedrockVersion : undefined;
  const planned = planThinking(request, model, rules);
  const thinking = mergedThinking(planned, request);
  const sampling = planSampling(request, samplingRefusal(version, thinking));
  const search = planSearch(request, host, rules);
  const prefill = planPrefill(request);
  const { diagnostics, warnings: diagnosticsWarnings } = planDiagnostics(request, host);
  const { thinking: _thinking, output_config: _config, ...vendorOptions } = sampling.vendorOptions;
  return {
    fields: {
      ...(version === undefined ? {} : { anthropic_version: version }),
      ...(diagnostics === undefined ? {} : { diagnostics }),
      ...sampling.fields,
      ...(thinking === undefined ? {} : { thinking }),
      ...outputConfig(request, planned),
      ...vendorOptions,
    },
    maxTokens: planned.maxTokens,
    tools: search.tools,
    ...(prefill.text === undefined ? {} : { prefill: prefill.text }),
    hasPrevious: typeof diagnostics?.['previous_message_id'] === 'string',
    warnings: [
      ...sampling.warnings,
      ...planned.warnings,
      ...search.warnings,
      ...prefill.warnings,
      ...diagnosticsWarnings,
    ],
  };
}

/** A kind of thinking in `vendorOptions` has fields of its own, so it stands alone. */
function mergedThinking({ thinking }: PlannedThinking, { vendorOptions }: ModelRequest): unknown {
  const theirs = vendorOptions?.['thinking'];
  if (theirs === undefined) return thinking;
  const fields = asObject(theirs);
  return fields === undefined || 'type' in fields ? theirs : { ...thinking, ...fields };
}

/** Models before 4.7 on Bedrock are still called under the version that takes sampling fields. */
function samplingRefusal(version: AnthropicModelRules['bedrockVersion'], thinking: unknown): string | undefined {
  if (version === undefined) return 'Anthropic takes no sampling fields since API version 2026-10-21;';
  return isThinking(thinking) ? 'Claude takes no sampling fields while it thinks;' : undefined;
}

/** Whether a body's `thinking` asks for thoughts. */
export function isThinking(thinking: unknown): boolean {
  const type = asObject(thinking)?.['type'];
  return type === 'adaptive' || type === 'enabled';
}

function outputConfig({ output, vendorOptions }: ModelRequest, { effort }: PlannedThinking): JsonObject {
  const config = {
    ...(effort === undefined ? {} : { effort }),
    ...(output === undefined ? {} : { format: { type: 'json_schema', schema: output } }),
    ...asObject(vendorOptions?.['output_config']),
  };
  return Object.keys(config).length === 0 ? {} : { output_config: config as JsonObject };
}
