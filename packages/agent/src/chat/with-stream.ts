import { type Model, NO_PARAMETERS } from '@reprise/providers';

/** The model with another way to call it. The model need not be a plain object, so it is not spread. */
export function withStream(model: Model, stream: Model['stream']): Model {
  return {
    id: model.id,
    family: model.family,
    stream,
    prefixBlocks: (request) => model.prefixBlocks(request),
    planMarks: (request, blocks) => model.planMarks(request, blocks),
    ...(model.cacheParameters && { cacheParameters: (request) => model.cacheParameters?.(request) ?? NO_PARAMETERS }),
  };
}
