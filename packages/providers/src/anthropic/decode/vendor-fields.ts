import type { JsonObject } from '../../json.ts';
import type { VendorFields } from '../../message.ts';
import type { WireBlock } from '../wire.ts';

/** The fields of a wire block that have no word here, in the order they came; `undefined` if there are none. */
export function leftoverFields(
  wire: Readonly<Record<string, unknown>>,
  known: readonly string[],
): VendorFields | undefined {
  const entries = Object.entries(wire).filter(([name]) => !known.includes(name));
  return entries.length === 0 ? undefined : { family: 'anthropic', fields: Object.fromEntries(entries) as JsonObject };
}

/** A wire block with those fields behind its own: only where they came from this family, and never over a field that has a word. */
export function withVendorFields(
  wire: WireBlock,
  { vendorFields }: { readonly vendorFields?: VendorFields },
): WireBlock {
  return vendorFields?.family === 'anthropic' ? { ...wire, ...vendorFields.fields, ...wire } : wire;
}
