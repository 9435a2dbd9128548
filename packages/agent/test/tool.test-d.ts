// Type tests: wrong use of `tool()` does not compile, and right use needs no cast. Checked by tsc, never run.

import { stop, type Tool, tool, toolBlocks } from '@reprise/agent';
import type { JsonObject } from '@reprise/providers';
import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';

const about = { name: 'read', description: 'Reads.' } as const;

/** Compiles only for the very same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_holds: Same<A, B>): string => '';

interface Input {
  path: string;
  lines: number;
}

// What `run` and `touches` are given is the schema's output: defaults filled in.
tool({
  ...about,
  input: z.object({ path: z.string(), lines: z.number().default(1) }),
  touches: ({ path }) => [path],
  run: (input) => same<typeof input, Input>(true),
});
tool({
  ...about,
  input: type({ path: 'string', lines: 'number = 1' }),
  run: (input) => same<typeof input, Input>(true),
});
tool({
  ...about,
  input: toStandardJsonSchema(v.object({ path: v.string(), lines: v.optional(v.number(), 1) })),
  run: (input) => same<typeof input, Input>(true),
});

// Of a JSON Schema nothing is inferred, unless the type is named.
tool({ ...about, input: { type: 'object' }, run: (input) => same<typeof input, JsonObject>(true) });
tool<Input>({ ...about, input: { type: 'object' }, run: ({ path }) => path });
const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] } as const;
const made: Tool = tool({ ...about, input: schema, run: ({ path }) => path });

// What it gives is text, JSON, blocks, the end of the run or nothing, at once or later.
tool({ ...about, input: schema, run: async () => stop(toolBlocks([{ type: 'text', text: made.definition.name }])) });
tool({ ...about, input: schema, run: () => {} });

// @ts-expect-error A schema of Valibot does not describe itself: it has to be wrapped.
tool({ ...about, input: v.object({ path: v.string() }), run: () => '' });

// @ts-expect-error The tool wants a number where the schema gives a text.
tool({ ...about, input: z.object({ path: z.string() }), run: ({ path }: { path: number }) => path });

// @ts-expect-error There is no such field.
tool({ ...about, input: z.object({ path: z.string() }), run: ({ file }) => file });

// @ts-expect-error A function is nothing that a model can be told.
tool({ ...about, input: schema, run: () => () => '' });

// @ts-expect-error A model has to be told what the tool does.
tool({ name: 'read', input: schema, run: () => '' });

// @ts-expect-error An effect is one of three.
tool({ ...about, input: schema, effect: 'none', run: () => '' });

// @ts-expect-error What stops a run is an output, not another stop.
stop(stop());
