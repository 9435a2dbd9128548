import { ProviderError, resolveModel } from '@reprise/providers';
import { SIMULATED_MODEL } from '../plan.ts';
import type { ModelChoice } from '../session/protocol.ts';

/** The models that a service offers. */
export interface ServedModels {
  /** The one that was asked for, or the simulated one. */
  readonly main: ModelChoice;
  /** By the name of their agents. */
  readonly others: Readonly<Record<string, ModelChoice>>;
}

/** One model of each vendor that wants a key: a current one that is good and not dear. Prices: `packages/providers/src/price/list.ts`. */
const VENDOR_MODELS: readonly string[] = ['anthropic/claude-sonnet-5-5', 'openai-responses/gpt-6.2-sol'];

/** What is offered beside the main model: the simulated one, which is at `simulatorUrl`, and of each vendor whose key is there one. */
export function servedModels(main: ModelChoice, simulatorUrl: string): ServedModels {
  const simulated = { name: SIMULATED_MODEL, baseURL: simulatorUrl, isSimulated: true };
  const keyed = VENDOR_MODELS.filter((name) => name !== main.name && hasKey(name));
  return {
    main: main.isSimulated ? simulated : main,
    others: {
      ...(main.isSimulated ? {} : { simulated }),
      ...Object.fromEntries(keyed.map((name) => [name.slice(name.indexOf('/') + 1), { name, isSimulated: false }])),
    },
  };
}

/** Where keys are looked for, the providers know. */
function hasKey(name: string): boolean {
  try {
    resolveModel(name);
    return true;
  } catch (error) {
    if (error instanceof ProviderError && error.code === 'provider/missing-credentials') return false;
    throw error;
  }
}
