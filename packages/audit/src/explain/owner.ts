import { asArray, asObject, type PrefixBlock } from '@reprise/providers';
import type { RecordedTurn } from '../replay/recorded-turns.ts';
import type { Difference, Owner, PrefixPart } from './break.ts';

type Located = Omit<Difference, 'owner'>;

/** Whose doing a difference is: a hook that replaced that part of either request, an edit of the history, or else the block's own maker. */
export function ownerOf(difference: Located, before: RecordedTurn, after: RecordedTurn): Owner | undefined {
  const hook = hookOf(difference.part, after) ?? hookOf(difference.part, before);
  if (hook !== undefined) return { kind: 'hook', name: hook };
  const edit = difference.part === 'messages' ? after.editedBy.at(-1) : undefined;
  if (edit !== undefined) return { kind: 'history-edit', name: edit };
  const { blockIndex } = difference;
  const [was, is] = [before.prefix?.blocks, after.prefix?.blocks];
  const blocks = difference.kind === 'insert' ? is : (was ?? is);
  const block = blocks?.[blockIndex];
  return block && blocks ? makerOf(block, blocks) : undefined;
}

/** The fields of a request that each part of its prefix is made of. */
const FIELDS: Readonly<Record<PrefixPart, readonly string[]>> = {
  tools: ['search', 'tools', 'vendorOptions'],
  system: ['output', 'system', 'vendorOptions'],
  messages: ['messages'],
};

function hookOf(part: PrefixPart | undefined, { replacedBy }: RecordedTurn): string | undefined {
  const fields = part === undefined ? Object.values(FIELDS).flat() : FIELDS[part];
  return replacedBy.findLast((replacement) => replacement.fields.some((field) => fields.includes(field)))?.owner;
}

function makerOf(block: PrefixBlock, blocks: readonly PrefixBlock[]): Owner {
  const { role, kind, text } = block;
  const fields = asObject(JSON.parse(text)) ?? {};
  if (role === 'tool') return toolOwner(fields);
  if (role === 'system') return { kind: 'system-prompt' };
  const callId = fields['tool_use_id'] ?? fields['tool_call_id'] ?? fields['call_id'];
  const isResult = kind === 'tool_result' || kind === 'tool' || kind.endsWith('_output');
  if (!isResult) return { kind: role };
  const name = typeof fields['tool_name'] === 'string' ? fields['tool_name'] : calledName(callId, blocks);
  return { kind: 'tool-result', ...(name === undefined ? {} : { name }) };
}

function toolOwner(tool: Readonly<Record<string, unknown>>): Owner {
  const name = tool['name'] ?? asObject(tool['function'])?.['name'];
  const isSearch = typeof tool['type'] === 'string' && tool['type'].includes('web_search');
  return { kind: isSearch ? 'search' : 'tool', ...(typeof name === 'string' ? { name } : {}) };
}

/** The tool that a call asked for, wherever the wire has its name. */
function calledName(callId: unknown, blocks: readonly PrefixBlock[]): string | undefined {
  if (typeof callId !== 'string') return undefined;
  for (const { role, text } of blocks) {
    if (role !== 'assistant' || !text.includes(callId)) continue;
    const call = asObject(JSON.parse(text)) ?? {};
    for (const one of [call, ...asArray(call['tool_calls']).map((each) => asObject(each) ?? {})]) {
      const name = one['name'] ?? asObject(one['function'])?.['name'];
      if ((one['id'] === callId || one['call_id'] === callId) && typeof name === 'string') return name;
    }
  }
  return undefined;
}
