import { asObject, type JsonObject, type Message, type Model, type ModelRequest } from '@reprise/providers';
import { sentPrefix } from '../session/prefix-change.ts';
import type { AskedRequest } from './branch-cache.ts';
import { buildRequest, type RequestFrame } from './build-request.ts';

/** The request that a model would be sent for a history, as a cache would meet it. */
export function askedRequest(
  { model, ...frame }: RequestFrame & { readonly model: Model },
  messages: readonly Message[],
): AskedRequest {
  const request = buildRequest(frame, messages);
  const { blocks, hashes } = sentPrefix(model, request);
  return { blocks, hashes, marks: model.planMarks(request, blocks), ...cacheSettings(request) };
}

/** What of a request's options changes what it may read; see `AskedRequest`. */
export function cacheSettings(
  options: Pick<ModelRequest, 'think' | 'toolChoice' | 'vendorOptions'> | JsonObject,
): Pick<AskedRequest, 'settings' | 'keepAlive'> {
  const { think = null, toolChoice = 'auto', vendorOptions } = options;
  return { settings: JSON.stringify({ think, toolChoice }), keepAlive: asObject(vendorOptions)?.['keep_alive'] };
}
