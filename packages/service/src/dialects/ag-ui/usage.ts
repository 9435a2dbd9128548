import { addCounts, type Count, cacheWriteCount, type TokenCounts } from '@reprise/providers';
import type { AgUiUsage } from './ag-ui-event.ts';

/** What a run's turns have used so far, by model. Their counts are those of `TokenCounts`, which do not overlap. */
export interface RunUsage {
  add(turn: { readonly family: string; readonly model: string; readonly tokens: TokenCounts }): void;
  /** In AG-UI's counts: input and output are wholes, and the others parts of these. */
  byModel(): readonly AgUiUsage[];
}

type Counts = Readonly<Record<'fresh' | 'cacheRead' | 'cacheWrite' | 'output' | 'reasoning', Count>>;

export function createRunUsage(): RunUsage {
  const models = new Map<string, { readonly provider: string; readonly model: string; counts: Counts }>();
  return {
    add({ family, model, tokens }) {
      const { fresh, cacheRead, output, reasoning } = tokens;
      const counts = { fresh, cacheRead, cacheWrite: cacheWriteCount(tokens), output, reasoning };
      const key = JSON.stringify([family, model]);
      const known = models.get(key);
      if (known) known.counts = sum(known.counts, counts);
      else models.set(key, { provider: family, model, counts });
    },
    byModel: () => [...models.values()].map(({ provider, model, counts }) => ({ provider, model, ...told(counts) })),
  };
}

function sum(a: Counts, b: Counts): Counts {
  return {
    fresh: addCounts(a.fresh, b.fresh),
    cacheRead: addCounts(a.cacheRead, b.cacheRead),
    cacheWrite: addCounts(a.cacheWrite, b.cacheWrite),
    output: addCounts(a.output, b.output),
    reasoning: addCounts(a.reasoning, b.reasoning),
  };
}

function told({ fresh, cacheRead, cacheWrite, output, reasoning }: Counts): Omit<AgUiUsage, 'provider' | 'model'> {
  // A vendor that says nothing of its cache has its prompt in `fresh` alone.
  const input = [fresh, cacheRead, cacheWrite].reduce<Count>(
    (all, part) => (part === 'not-reported' ? all : addCounts(all, part)),
    0,
  );
  const inputTokens = fresh === 'not-reported' ? fresh : input;
  return {
    ...field('inputTokens', inputTokens),
    ...field('outputTokens', output),
    ...field('totalTokens', addCounts(inputTokens, output)),
    ...field('reasoningTokens', reasoning),
    ...field('cachedInputTokens', cacheRead),
    ...field('cacheWriteInputTokens', cacheWrite),
  };
}

function field(
  name: Exclude<keyof AgUiUsage, 'provider' | 'model'>,
  count: Count,
): Partial<Record<typeof name, number>> {
  return count === 'not-reported' ? {} : { [name]: count };
}
