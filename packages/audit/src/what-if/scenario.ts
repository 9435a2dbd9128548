/**
 * What could have been done otherwise, and where a request's marks would have stood.
 *
 * S1. What a vendor does not take changes nothing: such a request is asked as it was recorded, and counted as unaffected.
 */

import {
  type CacheHost,
  type CacheMark,
  type CachePolicy,
  type CacheRules,
  cacheRules,
  type Family,
  type MarkLifetime,
  type PrefixBlock,
  planBreakpoints,
} from '@reprise/providers';
import { AuditError } from '../errors.ts';
import type { RecordedTurn } from '../replay/recorded-turns.ts';

/** What is done otherwise than recorded; what is absent is done as recorded. */
export interface Scenario {
  /** `false`: nothing is read and nothing is written, each prompt token is fresh. */
  readonly cache?: false;
  /** Where marks go. Where the vendor takes none nothing changes. */
  readonly policy?: CachePolicy;
  /** How long every prefix that is marked is kept. */
  readonly ttl?: MarkLifetime;
  readonly keepWarm?: KeepWarm;
  /** The model that is asked. Token counts are carried over, and all that follows from them is estimated. */
  readonly model?: OtherModel;
}

/** Sending a conversation's last request again, for an answer of one token, so that its prefixes live on. */
export interface KeepWarm {
  /** In milliseconds. */
  readonly everyMs: number;
  /** How often in one pause; then the prefix is let go, after the last turn too. Default: until the next turn, and never after the last one. */
  readonly atMost?: number;
}

export interface OtherModel extends CacheHost {
  readonly family: Family;
  readonly model: string;
}

/** A scenario as callers may name it: a policy alone will do. */
export type ScenarioInput = CachePolicy | Scenario;

/** What is served otherwise: to whom the request goes, and where its prefixes are kept. */
export interface PlannedRequest {
  readonly asked: OtherModel;
  readonly rules: CacheRules;
  /** `undefined` where the recorded marks are not known. */
  readonly marks: readonly CacheMark[] | undefined;
  /** Whether the scenario changes nothing of this request that its vendor would heed. */
  readonly isUnaffected: boolean;
}

/** What a whole ledger tells of the requests to one model. */
export interface AskedHabits {
  readonly rules: CacheRules;
  /** The vendor keeps the end of requests that carry no mark: whoever stands between takes none, and no policy reaches it. */
  readonly marksUnasked: boolean;
}

/** Throws `audit/invalid-scenario` for what cannot be. */
export function readScenario(input: ScenarioInput): Scenario {
  const scenario = typeof input === 'string' || 'breakpoints' in input ? { policy: input } : input;
  const { cache, keepWarm, ttl, policy, model, ...unknown } = scenario;
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw invalid(`\`${stranger}\` is no part of a scenario`);
  if (cache !== undefined && cache !== false) throw invalid('`cache` is `false` or left out');
  if (cache === false && [keepWarm, ttl, policy, model].some((part) => part !== undefined)) {
    throw invalid('`cache: false` stands alone: without a cache there is nothing to mark, keep or ask elsewhere');
  }
  if (ttl !== undefined && !LIFETIMES.includes(ttl)) {
    throw invalid(`ttl is ${JSON.stringify(ttl)}; expected one of ${LIFETIMES.join(', ')}`);
  }
  if (model && !(typeof model.family === 'string' && typeof model.model === 'string')) {
    throw invalid(`model is ${JSON.stringify(model)}; expected a \`family\` and a \`model\``);
  }
  if (keepWarm) checkKeepWarm(keepWarm);
  if (policy !== undefined) checkPolicy(policy);
  return scenario;
}

const LIFETIMES: readonly MarkLifetime[] = ['5m', '30m', '1h', '12h'];

/** A policy that no vendor knows is a slip of the caller's; one that a vendor does not know changes nothing there (S1). */
function checkPolicy(policy: CachePolicy): void {
  const faults = MARKED_RULES.flatMap((rules) => {
    try {
      planBreakpoints([], policy, rules);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
  if (faults.length === MARKED_RULES.length) throw invalid(`no vendor takes the policy. ${faults[0]}`);
}

const MARKED_RULES: readonly CacheRules[] = [
  cacheRules('anthropic', 'claude'),
  cacheRules('openai-responses', 'gpt-5.6'),
];

function checkKeepWarm({ everyMs, atMost = 1 }: KeepWarm): void {
  if (!(everyMs >= MINIMUM_PAUSE_MS && Number.isFinite(everyMs))) {
    throw invalid(`keepWarm.everyMs is ${everyMs}; expected at least ${MINIMUM_PAUSE_MS}`);
  }
  if (!(Number.isInteger(atMost) && atMost > 0))
    throw invalid(`keepWarm.atMost is ${atMost}; expected a whole number from 1`);
}

/** Oftener than every second nobody keeps anything warm, and a slip of units would replay for hours. */
const MINIMUM_PAUSE_MS = 1000;

function invalid(fault: string): AuditError {
  return new AuditError('audit/invalid-scenario', `This what-if cannot be replayed: ${fault.replace(/\.$/, '')}.`);
}

/** A scenario's name in a table, such as `auto, kept for 1h`. */
export function scenarioName({ cache, policy, ttl, keepWarm, model }: Scenario): string {
  if (cache === false) return 'no cache';
  const parts = [
    ...(model ? [model.model] : []),
    ...(policy === undefined ? [] : [policyName(policy)]),
    ...(ttl === undefined ? [] : [`kept for ${ttl}`]),
    ...(keepWarm ? [`kept warm every ${minutes(keepWarm.everyMs)}${timesName(keepWarm.atMost)}`] : []),
  ];
  return parts.length === 0 ? 'as recorded' : parts.join(', ');
}

function policyName(policy: CachePolicy): string {
  if (typeof policy === 'string') return policy;
  const places = policy.breakpoints.map((breakpoint) => {
    if (typeof breakpoint !== 'object') return String(breakpoint);
    return breakpoint.ttl === undefined ? String(breakpoint.at) : `${breakpoint.at} ${breakpoint.ttl}`;
  });
  return `[${places.join(', ')}]${policy.ttl === undefined ? '' : ` ${policy.ttl}`}`;
}

function minutes(ms: number): string {
  return ms % 6000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

function timesName(atMost: number | undefined): string {
  return atMost === undefined ? '' : `, ${atMost} times at most`;
}

/** The request of a turn as a scenario has it. `prefix` of the turn is known. */
export function planRequest(
  turn: RecordedTurn,
  blocks: readonly PrefixBlock[],
  { policy, ttl, model }: Scenario,
  { rules: ownRules, marksUnasked }: AskedHabits,
): PlannedRequest {
  const recorded = recordedMarks(turn, { rules: ownRules, marksUnasked }, blocks.length);
  const asIs = { asked: turn.asked, rules: ownRules, marks: recorded, isUnaffected: model === undefined };
  const { family, model: name, ...host } = model ?? turn.asked;
  const rules = model ? cacheRules(family, name, host) : ownRules;
  const moved = model ? { ...asIs, asked: model, rules } : asIs;
  if (rules.dialect === 'none') return { ...moved, marks: [] };
  if (marksUnasked && !model) return asIs;
  const isSameDialect = rules.dialect === ownRules.dialect;
  // Marks of another dialect cannot be placed here: what was asked for is.
  const wanted = policy ?? (model && !isSameDialect ? (turn.policy ?? 'auto') : undefined);
  const placed = wanted === undefined ? recorded : planMarks(turn, blocks, wanted, rules);
  const marks = ttl === undefined ? placed : keptFor(placed, ttl, rules);
  if (marks === undefined) return model ? { ...moved, marks: planMarks(turn, blocks, 'auto', rules) } : asIs;
  return { ...moved, marks, isUnaffected: model === undefined && policy === undefined && ttl === undefined };
}

/** Where a request's prefixes were kept: by its marks, or by the vendor's own where it had none and the vendor kept it nevertheless. */
export function recordedMarks(
  { marks }: RecordedTurn,
  { rules, marksUnasked }: AskedHabits,
  blockCount: number,
): readonly CacheMark[] | undefined {
  if (rules.dialect === 'none') return [];
  if (marks?.length !== 0 || !marksUnasked) return marks;
  return [{ blockIndex: blockCount - 1, lifetime: rules.lifetimes[0] ?? 'unknown', isVendorPlaced: true }];
}

/** `undefined` where the vendor does not know the policy, or a lifetime it names. */
function planMarks(
  { injectedBy, asked }: RecordedTurn,
  blocks: readonly PrefixBlock[],
  policy: CachePolicy,
  rules: CacheRules,
): readonly CacheMark[] | undefined {
  // The vendor's own mark would stand behind what was sent with this request alone.
  const isOwn = injectedBy.length > 0;
  const placed: CachePolicy = isOwn && policy === 'automatic' ? { breakpoints: ['last'] } : policy;
  try {
    const own = cacheRules(asked.family, asked.model);
    const marked = own.dialect === rules.dialect ? blocks : blocks.map((block) => markableAt(block, rules));
    const { marks } = planBreakpoints(marked, placed, rules);
    return isOwn ? marks.filter(({ isVendorPlaced }) => !isVendorPlaced) : marks;
  } catch {
    return undefined;
  }
}

/** A block of another vendor's request, where this one's marks may stand. */
function markableAt(block: PrefixBlock, { dialect }: CacheRules): PrefixBlock {
  if (dialect === 'openai') return { ...block, markable: block.role === 'user' || block.role === 'system' };
  return { ...block, markable: !/thinking|reasoning/.test(block.kind) };
}

function keptFor(
  marks: readonly CacheMark[] | undefined,
  ttl: MarkLifetime,
  { lifetimes }: CacheRules,
): readonly CacheMark[] | undefined {
  return lifetimes.includes(ttl) ? marks?.map((mark) => ({ ...mark, lifetime: ttl })) : undefined;
}
