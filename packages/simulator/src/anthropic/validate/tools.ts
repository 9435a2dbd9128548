import { asArray, asObject } from '@reprise/providers';
import { badRequest, type Refusal } from '../../dialect.ts';
import { claudeLimits } from './models.ts';

type Wire = Readonly<Record<string, unknown>>;

/** The tools of a request, and which of them it wants to be called. */
export function refuseTools(body: Wire): Refusal | undefined {
  const names = new Set<unknown>();
  for (const [index, tool] of asArray(body['tools']).entries()) {
    const { type = 'custom', name, input_schema: schema } = asObject(tool) ?? {};
    if (typeof name !== 'string') return badRequest(`tools.${index}.name: Field required`);
    if (type === 'custom' && !asObject(schema)) return badRequest(`tools.${index}.custom.input_schema: Field required`);
    if (names.has(name)) return badRequest('tools: Tool names must be unique.');
    names.add(name);
  }
  return refuseChoice(body, names);
}

function refuseChoice(body: Wire, names: ReadonlySet<unknown>): Refusal | undefined {
  const choice = asObject(body['tool_choice']);
  if (!choice) return undefined;
  const { type, name } = choice;
  if (type !== 'auto' && type !== 'any' && type !== 'tool' && type !== 'none') {
    return badRequest("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
  }
  if (names.size === 0) return badRequest('tool_choice: may only be specified while providing `tools`.');
  if (type === 'tool' && !names.has(name)) {
    return badRequest(`tool_choice: Tool '${String(name)}' not found in provided tools`);
  }
  if (type !== 'any' && type !== 'tool') return undefined;
  if (!claudeLimits(String(body['model'])).takesForcedTool) {
    return badRequest(`tool_choice: "${type}" is not supported by ${String(body['model'])}. Use "auto".`);
  }
  return asObject(body['thinking'])?.['type'] === 'enabled'
    ? badRequest('Thinking may not be enabled when tool_choice forces tool use.')
    : undefined;
}

/** Neighbours of one role are one message to the vendor; a system message between them changes nothing. */
interface MergedMessage {
  readonly index: number;
  readonly role: unknown;
  readonly blocks: Wire[];
}

/** Every call has its result in the next message, and every result its call in the one before. */
export function refuseToolPairs(body: Wire): Refusal | undefined {
  const merged = mergeMessages(body);
  const badId = refuseCallIds(body);
  if (badId) return badId;
  for (const [position, message] of merged.entries()) {
    const previous = merged[position - 1]?.blocks ?? [];
    const next = merged[position + 1]?.blocks;
    const refusal = refuseUnanswered(message, next ?? []) ?? refuseOrphans(message, previous);
    if (refusal) return refusal;
    if (next !== undefined) {
      const unfinished = refuseUnfinishedSearch(message);
      if (unfinished) return unfinished;
    }
  }
  return undefined;
}

/** The vendor's words of 2025-07 and 2026-03, with the place of the call. */
function refuseCallIds(body: Wire): Refusal | undefined {
  const known = new Set<unknown>();
  for (const [index, message] of asArray(body['messages']).entries()) {
    for (const [position, block] of asArray(asObject(message)?.['content']).entries()) {
      const { type, id } = asObject(block) ?? {};
      if (type !== 'tool_use') continue;
      const place = `messages.${index}.content.${position}`;
      if (!/^[\w-]+$/.test(String(id))) {
        return badRequest(`${place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      }
      if (known.has(id)) return badRequest(`${place}: \`tool_use\` ids must be unique`);
      known.add(id);
    }
  }
  return undefined;
}

function refuseUnanswered({ index, role, blocks }: MergedMessage, next: readonly Wire[]): Refusal | undefined {
  const calls = role === 'assistant' ? ids(blocks, 'tool_use', 'id') : [];
  // Results stand first; behind another block they do not count.
  const afterResults = next.findIndex((block) => block['type'] !== 'tool_result');
  const answered = ids(afterResults === -1 ? next : next.slice(0, afterResults), 'tool_result', 'tool_use_id');
  const unanswered = calls.filter((id) => !answered.includes(id));
  if (unanswered.length === 0) return undefined;
  return badRequest(
    `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. ` +
      'Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  );
}

function refuseOrphans({ index, blocks }: MergedMessage, previous: readonly Wire[]): Refusal | undefined {
  const known = ids(previous, 'tool_use', 'id');
  const results = ids(blocks, 'tool_result', 'tool_use_id');
  const unknown = results.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    return badRequest(
      `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unknown}. ` +
        'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    );
  }
  const repeated = results.find((id, at) => results.indexOf(id) !== at);
  if (repeated === undefined) return undefined;
  return badRequest(
    `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${repeated}`,
  );
}

/** The vendor's own search and its result stand in one message; only a turn that paused may end between them. */
function refuseUnfinishedSearch({ index, blocks }: MergedMessage): Refusal | undefined {
  const searches = blocks.filter(({ type, name }) => type === 'server_tool_use' && name === 'web_search');
  const found = ids(blocks, 'web_search_tool_result', 'tool_use_id');
  const lost = searches.find(({ id }) => !found.includes(id));
  if (!lost) return undefined;
  return badRequest(
    `messages.${index}: \`web_search\` tool use with id \`${String(lost['id'])}\` was found without a corresponding ` +
      '`web_search_tool_result` block',
  );
}

function mergeMessages(body: Wire): readonly MergedMessage[] {
  const merged: MergedMessage[] = [];
  for (const [index, message] of asArray(body['messages']).entries()) {
    const { role, content } = asObject(message) ?? {};
    if (role === 'system') continue;
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content);
    if (merged.at(-1)?.role !== role) merged.push({ index, role, blocks: [] });
    merged.at(-1)?.blocks.push(...blocks.map((block) => asObject(block) ?? {}));
  }
  return merged;
}

function ids(blocks: readonly Wire[], type: string, field: string): readonly unknown[] {
  return blocks.flatMap((block) => (block['type'] === type ? [block[field]] : []));
}
