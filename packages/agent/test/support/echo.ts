import { type Tool, tool } from '@reprise/agent';
import { z } from 'zod';

export const echo: Tool = tool({
  name: 'echo',
  description: 'Says it again.',
  input: z.object({ text: z.string() }),
  effect: 'pure',
  run: ({ text }) => text,
});
