import { createAgent, tool, toolBlocks } from '@reprise/agent';
import { openMemoryStore } from '@reprise/checkpoint';
import type { ImageBlock, StreamEvent, TextBlock } from '@reprise/providers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAMILIES, FAMILY_NAMES, simulator } from './support/simulated.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PNG: ImageBlock = { type: 'image', mediaType: 'image/png', data: base64('pixels') };
const SVG: ImageBlock = { type: 'image', mediaType: 'image/svg+xml', data: base64('<svg/>') };

describe.each(FAMILY_NAMES)('a session with %s, a tool of which gives', (family) => {
  it('text and a PNG, goes on (I4)', async () => {
    const { told, warnings } = await talk([{ type: 'text', text: 'A zebra.' }, PNG]);
    expect(told).toContain('A zebra.');
    expect(told).toContain(PNG.data);
    expect(warnings).toEqual([]);
  });

  it('an SVG, goes on, and both the model and the caller read that it was left out (I4)', async () => {
    const { told, warnings } = await talk([SVG]);
    expect(told).not.toContain(SVG.data);
    expect(told).toContain('[image of type image/svg+xml was left out');
    expect(warnings).toContain('request/tool-media-left-out');
  });

  /** Calls the tool twice in one turn, and sends two more messages. `told` is the last body of the first turn's run. */
  async function talk(content: readonly (TextBlock | ImageBlock)[]) {
    const calls = ['call_1', 'call_2'].map((id) => ({ id, name: 'draw', arguments: {} }));
    const { url, requests } = await simulator(({ messages }) =>
      messages.some(({ role }) => role === 'tool') ? 'Nice.' : { toolCalls: calls },
    );
    const draw = tool({
      name: 'draw',
      description: 'Draws.',
      input: z.object({}),
      effect: 'pure',
      run: () => toolBlocks(content),
    });
    const agent = createAgent({ model: FAMILIES[family](url), tools: [draw], onPrefixChange: 'refuse' });
    const session = await agent.openSession(openMemoryStore(), { id: 's' });
    const warnings: string[] = [];
    for (const input of ['draw', 'and then?', 'and now?']) {
      const run = session.send(input);
      for await (const event of run) if (isWarning(event)) warnings.push(event.code);
      expect((await run.result()).reason).toBe('end-turn');
    }
    await session.close();
    expect(requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    return {
      told: JSON.stringify(requests[1]?.body),
      warnings: warnings.filter((code) => code.startsWith('request/')),
    };
  }
});

function isWarning(event: { readonly type: string }): event is StreamEvent & { readonly type: 'warning' } {
  return event.type === 'warning';
}
