import { messageText } from '@reprise/providers';
import { z } from 'zod';
import { checkRules, parseRules } from '../json-rules.ts';
import type { Reply, Script, ScriptRequest } from './script.ts';

/** One answer of a script that is data: the first rule that fits answers, as often as it may. */
export interface ScriptRule {
  /** Every field given has to fit. Default: fits every request. */
  readonly when?: {
    /** A regular expression that the last message's text has to match, without regard to case. */
    readonly lastMessage?: string;
    /** The number of the request, from 0. */
    readonly requestIndex?: number;
    readonly model?: string;
    /** Whether the request ends with the results of tools, or the tool whose result is the last. */
    readonly afterTool?: boolean | string;
  };
  readonly reply: Reply;
  /** How often it answers at most. Default: without end. */
  readonly times?: number;
}

const STOP_REASONS = [
  'end-turn',
  'tool-use',
  'max-tokens',
  'stop-sequence',
  'pause',
  'refusal',
  'content-filter',
  'context-window',
] as const;

const REFUSAL_CATEGORIES = ['cyber', 'bio', 'frontier_llm', 'reasoning_extraction', 'general_harms'] as const;

const searchSchema = z.strictObject({
  query: z.string(),
  results: z.array(z.strictObject({ url: z.string(), title: z.string(), text: z.string().optional() })),
});

const toolCallSchema = z.strictObject({
  id: z.string().optional(),
  name: z.string(),
  arguments: z.json().optional(),
  argumentsText: z.string().optional(),
});

const replyPartsSchema = z.strictObject({
  text: z.string().optional(),
  thinking: z.string().optional(),
  redactedThinking: z.string().optional(),
  searches: z.array(searchSchema).optional(),
  toolCalls: z.array(toolCallSchema).optional(),
  stopReason: z.enum(STOP_REASONS).optional(),
  refusalCategory: z.enum(REFUSAL_CATEGORIES).optional(),
  chunkCharacters: z.int().min(1).optional(),
  delayMs: z.number().min(0).optional(),
});

const replySchema = z.union([z.string(), replyPartsSchema], {
  error: `A reply is a text, or an object of ${Object.keys(replyPartsSchema.shape).join(', ')}`,
});

const rulesSchema = z.array(
  z.strictObject({
    when: z
      .strictObject({
        lastMessage: z.string().refine(isPattern, 'is no regular expression').optional(),
        requestIndex: z.int().min(0).optional(),
        model: z.string().optional(),
        afterTool: z
          .union([z.boolean(), z.string()], { error: 'true, false or the name of a tool is expected' })
          .optional(),
      })
      .optional(),
    reply: replySchema,
    times: z.int().min(1).optional(),
  }),
);

/** Script rules of a JSON text. Throws a `TypeError` that names the first field that is not as it should be. */
export function parseScriptRules(json: string): readonly ScriptRule[] {
  return parseRules(json, rulesSchema, 'script rules') as readonly ScriptRule[];
}

/** The same of rules that are a value already. */
export function checkScriptRules(rules: unknown): readonly ScriptRule[] {
  return checkRules(rules, rulesSchema, 'script rules') as readonly ScriptRule[];
}

/** A script from rules. A request that no rule fits fails with a status 500 that says so. */
export function scriptFromRules(rules: readonly ScriptRule[]): Script {
  const used = new Map<ScriptRule, number>();
  return (request) => {
    const rule = rules.find(
      (each) => (used.get(each) ?? 0) < (each.times ?? Number.POSITIVE_INFINITY) && fits(each, request),
    );
    if (!rule) throw new Error(`No rule of the script fits request ${request.requestIndex}: ${lastText(request)}`);
    used.set(rule, (used.get(rule) ?? 0) + 1);
    return rule.reply;
  };
}

function fits({ when = {} }: ScriptRule, request: ScriptRequest): boolean {
  const { lastMessage, requestIndex, model, afterTool } = when;
  return (
    (lastMessage === undefined || new RegExp(lastMessage, 'iu').test(lastText(request))) &&
    (requestIndex ?? request.requestIndex) === request.requestIndex &&
    (model ?? request.model) === request.model &&
    (afterTool === undefined || fitsTool(afterTool, request))
  );
}

function fitsTool(expected: boolean | string, { messages }: ScriptRequest): boolean {
  const last = messages.at(-1);
  if (typeof expected === 'boolean') return expected === (last?.role === 'tool');
  return last?.role === 'tool' && last.content.at(-1)?.toolName === expected;
}

/** What the last message says, the results of tools among it. */
function lastText({ messages }: ScriptRequest): string {
  const last = messages.at(-1);
  if (last?.role !== 'tool') return last ? messageText(last) : '';
  return last.content
    .flatMap(({ content }) => content.map((block) => (block.type === 'text' ? block.text : '')))
    .join('\n');
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'iu');
    return true;
  } catch {
    return false;
  }
}
