import { z } from '@hono/zod-openapi';

/** What a client of a dialect says of what it has. */
export const lastEventHeader: z.ZodObject<{ 'Last-Event-ID': z.ZodOptional<z.ZodString> }> = z.object({
  'Last-Event-ID': z.string().optional().openapi({
    description: 'The `id` of the last frame that the client has. Without it the stream begins with the first.',
  }),
});

export const eventStream: { readonly 'text/event-stream': { readonly schema: z.ZodString } } = {
  'text/event-stream': { schema: z.string().openapi({ description: 'Server-sent events, each with JSON as `data`.' }) },
};
