import type { JsonObject } from '../../json.ts';
import type { ModelRequest } from '../../request.ts';
import type { WarningEvent } from '../../stream-event.ts';
import { ignored } from '../request-warnings.ts';

/** Fields that API version 2026-10-21 refuses with any value; the SDK would still send them. */
const SAMPLING_FIELDS = ['temperature', 'top_p', 'top_k'] as const;

export interface PlannedSampling {
  readonly fields: { readonly temperature?: number };
  /** The request's `vendorOptions` as far as they may be sent. */
  readonly vendorOptions: JsonObject;
  readonly warnings: readonly WarningEvent[];
}

/** @param refusal why sampling fields are not taken here, as a sentence; absent where they are */
export function planSampling(
  { temperature, vendorOptions = {} }: ModelRequest,
  refusal: string | undefined,
): PlannedSampling {
  if (refusal === undefined) {
    return { fields: temperature === undefined ? {} : { temperature }, vendorOptions, warnings: [] };
  }
  const asked = SAMPLING_FIELDS.filter(
    (name) => (name === 'temperature' && temperature !== undefined) || Object.hasOwn(vendorOptions, name),
  );
  const { temperature: _temperature, top_p: _topP, top_k: _topK, ...rest } = vendorOptions;
  return {
    fields: {},
    vendorOptions: rest,
    warnings: asked.map((name) => ignored(name, `${refusal} ${name} was not sent.`)),
  };
}
