import { type Tool, tool } from '@reprise/agent';
import { z } from 'zod';

export const weather: Tool = tool({
  name: 'weather',
  description: 'The weather in a city.',
  input: z.object({ city: z.string() }),
  effect: 'pure',
  run: ({ city }) => `Sunny in ${city}.`,
});

/** Asks before it pays. */
export const pay: Tool = tool({
  name: 'pay',
  description: 'Pays.',
  input: z.object({ euros: z.number() }),
  needsApproval: () => ({ reason: 'It is money.' }),
  run: ({ euros }) => `Paid ${euros}.`,
});
