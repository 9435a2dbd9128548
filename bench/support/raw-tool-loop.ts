import Anthropic from '@anthropic-ai/sdk';

export const SYSTEM = Array.from(
  { length: 40 },
  (_, line) => `Rule ${line}: be exact, and read before you write.`,
).join('\n');

export const QUESTION = 'Read the files.';

export const READ_SCHEMA = {
  type: 'object',
  properties: { path: { type: 'string' }, from: { type: 'integer' }, to: { type: 'integer' } },
  required: ['path', 'from', 'to'],
} as const;

const FILE = Array.from({ length: 12 }, (_, line) => `${line + 1}: const value${line} = compute(${line});`).join('\n');

/** What the tool of both loops gives. */
export function readFile(path: string): string {
  return `// ${path}\n${FILE}`;
}

/** Called when a turn of a loop has ended. */
export type OnTurn = () => void;

/** The loop that one writes by hand over the vendor's SDK: streamed, with the mark that its guide asks for. */
export async function rawToolLoop(baseURL: string, onTurn: OnTurn): Promise<void> {
  const client = new Anthropic({ apiKey: 'bench', baseURL, maxRetries: 0 });
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }];
  for (;;) {
    const content = await ask(client, messages);
    messages.push({ role: 'assistant', content });
    onTurn();
    const results = content.flatMap((block) => (block.type === 'tool_use' ? [resultOf(block)] : []));
    if (results.length === 0) return;
    messages.push({ role: 'user', content: results });
  }
}

async function ask(client: Anthropic, messages: Anthropic.MessageParam[]): Promise<Anthropic.ContentBlockParam[]> {
  const stream = await client.messages.create({
    model: 'claude-opus-5',
    max_tokens: 4096,
    cache_control: { type: 'ephemeral' },
    system: SYSTEM,
    tools: [
      {
        name: 'read',
        description: 'Reads a file.',
        input_schema: { ...READ_SCHEMA, required: ['path', 'from', 'to'] },
      },
    ],
    messages,
    stream: true,
  });
  const blocks: { start: Anthropic.ContentBlock; pieces: string[] }[] = [];
  for await (const event of stream) {
    if (event.type === 'content_block_start') blocks.push({ start: event.content_block, pieces: [] });
    if (event.type === 'content_block_delta') blocks.at(-1)?.pieces.push(pieceOf(event.delta));
  }
  return blocks.map(({ start, pieces }) => blockOf(start, pieces.join('')));
}

function pieceOf(delta: Anthropic.RawContentBlockDelta): string {
  if (delta.type === 'text_delta') return delta.text;
  return delta.type === 'input_json_delta' ? delta.partial_json : '';
}

function blockOf(start: Anthropic.ContentBlock, text: string): Anthropic.ContentBlockParam {
  if (start.type !== 'tool_use') return { type: 'text', text };
  return { type: 'tool_use', id: start.id, name: start.name, input: JSON.parse(text) };
}

function resultOf({ id, input }: Anthropic.ToolUseBlockParam): Anthropic.ToolResultBlockParam {
  const { path } = input as { readonly path: string };
  return { type: 'tool_result', tool_use_id: id, content: readFile(path) };
}
