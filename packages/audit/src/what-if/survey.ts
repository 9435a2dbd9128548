/**
 * What recorded turns tell before they are replayed.
 *
 * Owns: the facts that hold for a whole ledger: sizes of blocks, habits of vendors, which settings matter.
 *
 * Y1. A vendor's reads tell lengths only where nothing else does, and only within what is known: a read that does not fit stays a residual.
 */

import {
  type CachedRequest,
  type CacheLifetime,
  type CacheParameters,
  type CacheRules,
  cacheRules,
  cacheWriteCount,
  countOrZero,
  NO_PARAMETERS,
  promptTokenCount,
} from '@reprise/providers';
import { type BlockSizes, createBlockSizes } from '../replay/block-sizes.ts';
import { createReplayedCache, type ReplayedCache } from '../replay/cache-replay.ts';
import type { RecordedPrefix, RecordedTurn } from '../replay/recorded-turns.ts';
import { type AskedHabits, recordedMarks } from './scenario.ts';
import { finish, type Steps } from './steps.ts';

export interface Survey {
  habitsOf(turn: RecordedTurn): AskedHabits;
  /** The request as a cache meets it, marks aside. `undefined` where its content is not known. */
  requestOf(turn: RecordedTurn): SizedRequest | undefined;
  /** When the last turn of a branch was sent, epoch milliseconds. */
  lastStartOf(branch: string): number;
}

/** A request whose sizes are known. */
export interface SizedRequest extends Omit<CachedRequest, 'marks'> {
  readonly prefix: RecordedPrefix;
  /** Tokens that were sent behind the prefix, and are always fresh. */
  readonly besideTokens: number;
}

/** Reads `turns` several times, in the order of their start. */
export function surveyTurns(turns: Iterable<RecordedTurn>): Survey {
  return finish(surveyInSteps(turns));
}

/** The same, a turn a step. */
export function* surveyInSteps(turns: Iterable<RecordedTurn>): Steps<Survey> {
  const facts = yield* findFacts(turns);
  const sizes = createBlockSizes();
  const habitsOf = ({ asked }: RecordedTurn) => facts.habits.get(modelKey(asked)) ?? defaultHabits(asked);
  for (const turn of turns) {
    learn(sizes, turn, habitsOf(turn));
    yield;
  }
  const keyed = createHashKeys(facts.variedModels);
  const requestOf = (turn: RecordedTurn) => sizedRequest(turn, sizes, keyed);
  yield* calibrate(turns, { sizes, habitsOf, requestOf });
  return { habitsOf, requestOf, lastStartOf: (branch) => facts.lastStarts.get(branch) ?? 0 };
}

/** The name of a model's cache. */
export function modelKey({ family, model }: { readonly family: string; readonly model: string }): string {
  return `${family}/${model}`;
}

/** Whether the vendor's whole report of the prompt arrived. */
export function hasCounts({ row: { tokens, usageState } }: RecordedTurn): boolean {
  return usageState === 'final' && promptTokenCount(tokens) !== 'not-reported';
}

interface Facts {
  readonly habits: ReadonlyMap<string, AskedHabits>;
  /** The models that were asked with settings that differ. */
  readonly variedModels: ReadonlySet<string>;
  readonly lastStarts: ReadonlyMap<string, number>;
}

function* findFacts(turns: Iterable<RecordedTurn>): Steps<Facts> {
  const habits = new Map<string, AskedHabits>();
  const settings = new Map<string, string>();
  const variedModels = new Set<string>();
  const lastStarts = new Map<string, number>();
  for (const turn of turns) {
    yield;
    const key = modelKey(turn.asked);
    const known = habits.get(key) ?? defaultHabits(turn.asked);
    habits.set(key, observed(turn, known));
    lastStarts.set(turn.branch, Math.max(turn.row.startedAt, lastStarts.get(turn.branch) ?? 0));
    if (!turn.parameters) continue;
    const text = JSON.stringify(turn.parameters);
    if ((settings.get(key) ?? text) !== text) variedModels.add(key);
    settings.set(key, text);
  }
  return { habits, variedModels, lastStarts };
}

function defaultHabits({ family, model }: RecordedTurn['asked']): AskedHabits {
  return { rules: cacheRules(family, model), marksUnasked: false };
}

const CLAUDE_LIFETIMES: ReadonlySet<CacheLifetime> = new Set(['5m', '1h']);

/** The host shows only in the marks it takes, and in what it keeps unasked. */
function observed(
  { asked, marks = [], row: { tokens } }: RecordedTurn,
  { rules, marksUnasked }: AskedHabits,
): AskedHabits {
  const isClaudes = marks.some(({ lifetime }) => CLAUDE_LIFETIMES.has(lifetime));
  const seen = isClaudes && rules.dialect !== 'anthropic' ? claudeRules(asked) : rules;
  const kept = countOrZero(tokens.cacheRead) + countOrZero(cacheWriteCount(tokens));
  return { rules: seen, marksUnasked: marksUnasked || (seen.dialect === 'openai' && marks.length === 0 && kept > 0) };
}

function claudeRules({ family, model }: RecordedTurn['asked']): CacheRules {
  return cacheRules(family, model, { dialect: 'anthropic' });
}

function learn(sizes: BlockSizes, turn: RecordedTurn, habits: AskedHabits): void {
  const { prefix, row, isWhole } = turn;
  if (!prefix || !hasCounts(turn)) return;
  const marks = recordedMarks(turn, habits, prefix.blocks.length) ?? [];
  sizes.learn({ prefix, marks, tokens: row.tokens, isWhole });
}

type HashKeys = (turn: RecordedTurn, prefix: RecordedPrefix) => readonly string[];

/** Hashes with the settings that decide what may be read among them, as `cacheHashes` has it; where no setting ever changed, as they are. */
function createHashKeys(variedModels: ReadonlySet<string>): HashKeys {
  const names = new Map<string, string>();
  const nameOf = (settings: string) => {
    const name = names.get(settings) ?? String(names.size);
    names.set(settings, name);
    return name;
  };
  function suffixes({ tools, system, messages }: CacheParameters): Readonly<Record<string, string>> {
    const tool = nameOf(tools);
    const prompt = nameOf(`${tools}\n${system}`);
    const rest = nameOf(`${tools}\n${system}\n${messages}`);
    return { tool: `:${tool}`, system: `:${prompt}`, user: `:${rest}`, assistant: `:${rest}` };
  }
  return ({ asked, parameters = NO_PARAMETERS }, { blocks, hashes }) => {
    if (!variedModels.has(modelKey(asked))) return hashes;
    const suffixOf = suffixes(parameters);
    return hashes.map((hash, index) => `${hash}${suffixOf[blocks[index]?.role ?? 'user']}`);
  };
}

function sizedRequest(turn: RecordedTurn, sizes: BlockSizes, keyed: HashKeys): SizedRequest | undefined {
  const { prefix, row, keepAlive } = turn;
  if (!prefix) return undefined;
  const counted = hasCounts(turn) ? promptTokenCount(row.tokens) : 'not-reported';
  const prompt: number | undefined = counted === 'not-reported' ? undefined : counted;
  const tokens = sizes.of(prefix, prompt);
  const hashes = keyed(turn, prefix);
  const blocks = prefix.blocks.map(({ kind }, index) => ({
    kind,
    hash: hashes[index] ?? '',
    tokens: tokens[index] ?? 0,
  }));
  const own = tokens.reduce((sum, size) => sum + size, 0);
  return { prefix, blocks, at: row.startedAt, keepAlive, besideTokens: (prompt ?? own) - own };
}

/** Lets reads tell the length of what they found, where nothing else tells it (Y1). */
function* calibrate(
  turns: Iterable<RecordedTurn>,
  { sizes, habitsOf, requestOf }: { readonly sizes: BlockSizes } & Pick<Survey, 'habitsOf' | 'requestOf'>,
): Steps<void> {
  const caches = new Map<string, ReplayedCache>();
  for (const turn of turns) {
    yield;
    const { rules, marksUnasked } = habitsOf(turn);
    const request = requestOf(turn);
    const marks = request && recordedMarks(turn, { rules, marksUnasked }, request.blocks.length);
    if (!request || !marks) continue;
    const key = modelKey(turn.asked);
    const cache = caches.get(key) ?? createReplayedCache(rules);
    caches.set(key, cache);
    const { read, foundBlocks } = cache.serve({ ...request, marks }, turn.visibleAt);
    const reported = hasCounts(turn) ? turn.row.tokens.cacheRead : 'not-reported';
    if (reported === 'not-reported' || reported === read || foundBlocks === 0) continue;
    sizes.bound(request.prefix, { blocks: foundBlocks, ...boundsOf(reported, rules) });
  }
}

/** How long a prefix can be of which so much was read. */
function boundsOf(read: number, rules: CacheRules): { readonly least: number; readonly most: number } {
  const least = read === 0 ? 0 : read;
  return {
    least,
    most: read === 0 ? Math.max(rules.minimumTokens, rules.stepTokens) - 1 : read + rules.stepTokens - 1,
  };
}
