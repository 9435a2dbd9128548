import { anthropic, type Model, ollama, openai, openaiResponses } from '@reprise/providers';
import { type Script, type Simulator, startSimulator } from '@reprise/simulator';
import { onTestFinished } from 'vitest';

/** A simulator that ends with the test. */
export async function simulator(script: Script): Promise<Simulator> {
  const started = await startSimulator({ script });
  onTestFinished(() => started.close());
  return started;
}

/** What `MODELS` has, in its order. */
export const MODEL_NAMES = ['anthropic', 'openai-chat', 'ollama'] as const;

/** What `FAMILIES` has, in its order. */
export const FAMILY_NAMES = [...MODEL_NAMES, 'openai-responses'] as const;

type ModelsByName<Name extends string> = Readonly<Record<Name, (url: string) => Model>>;

/** A model of each family, through the vendor's own SDK. */
export const MODELS: ModelsByName<(typeof MODEL_NAMES)[number]> = {
  anthropic: (url) => anthropic({ apiKey: 'simulated', baseURL: url }).model('claude-opus-5'),
  'openai-chat': (url) => openai({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
  ollama: (url) => ollama({ host: url }).model('llama4'),
};

/** Every dialect an adapter speaks. */
export const FAMILIES: ModelsByName<(typeof FAMILY_NAMES)[number]> = {
  ...MODELS,
  'openai-responses': (url) => openaiResponses({ apiKey: 'simulated', baseURL: `${url}/v1` }).model('gpt-5.2'),
};

/** Long enough to be cached by every family. */
export const LONG_SYSTEM_PROMPT = Array.from({ length: 250 }, (_, line) => `Rule ${line}: be kind and be exact.`).join(
  '\n',
);

/** Answers nobody before everybody has asked. */
export function answerTogether(count: number): Script {
  const everybody = Promise.withResolvers<void>();
  let asked = 0;
  return async () => {
    asked += 1;
    if (asked === count) everybody.resolve();
    await everybody.promise;
    return 'done';
  };
}
