import { hitRate, runMany, usageText } from '@reprise/agent';

const cities = ['Lisbon', 'Porto', 'Faro', 'Coimbra'];
const handbook = Array.from({ length: 400 }, (_, line) => `Rule ${line}: be kind, and be exact.`).join('\n');

// One answer begins before the others are asked: they read the handbook from the cache, which the first one wrote.
const outcomes = await runMany(
  cities.map((city) => `One sentence on ${city}.`),
  {
    model: 'anthropic/claude-opus-5',
    system: handbook,
    parallelism: 4,
    onProgress: ({ done, failed, total }) => console.error(`${done + failed} of ${total}`),
  },
);
for (const outcome of outcomes) {
  const answer = outcome.status === 'fulfilled' ? outcome.value.text : `failed: ${outcome.reason}`;
  console.log(`${cities[outcome.index]}: ${answer} ${usageText(outcome.usage)}`);
}
console.log(
  `${outcomes.filter(({ usage }) => (hitRate(usage) ?? 0) > 0.9).length} of ${outcomes.length} read the cache.`,
);
