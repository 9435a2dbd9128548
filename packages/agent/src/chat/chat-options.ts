import type { BreakpointPolicy, CachePolicy, ConversationItem, MarkLifetime, Model } from '@reprise/providers';
import { AgentError } from '../errors.ts';
import type { AgentOptions } from '../settings.ts';
import type { LimitOptions } from '../stop-condition.ts';
import { withoutTemperatureWarning } from './quiet-model.ts';

export interface ChatCacheOptions {
  /**
   * What is marked to be cached: nothing (`false`, the default), the places in `cacheIdxs` (`true`), or what a policy says. No answer is ever
   * served from a cache of ours: each request goes to the model.
   */
  readonly cache?: boolean | CachePolicy;
  /**
   * With `cache: true`: the messages whose ends are marked, by number. Tool results and answers that call tools are not counted, -1 is the
   * last message, and with a system prompt 0 is that and 1 the first message. Names are taken, too. Default `[-1]`.
   */
  readonly cacheIdxs?: BreakpointPolicy['breakpoints'];
  /** With `cache: true`: how long what is marked is kept, the system prompt included. Default: the vendor's shortest. */
  readonly ttl?: MarkLifetime;
}

/** What may differ from one `ask` to the next. Each holds for the whole run, all its requests. */
export interface ChatCallOptions
  extends ChatCacheOptions,
    LimitOptions,
    Pick<AgentOptions, 'maxTokens' | 'search' | 'stopSequences' | 'think'> {
  /**
   * Default 0, where the model takes a temperature: newer ones take none, nor do most while they think. `default` leaves it to the vendor. A
   * `warning` says so where one that was asked for is not sent.
   */
  readonly temperature?: number | 'default';
}

/** What belongs to one `ask`. */
export interface AskOptions extends ChatCallOptions {
  /**
   * How the answer begins: the model goes on from there, and text and history hold both. Of a run of several turns, the first begins so. Where
   * the model takes none, the run ends with the provider's error, and nothing was sent.
   */
  readonly prefill?: string;
  /** Aborts the run. What was answered by then stays in the history. */
  readonly signal?: AbortSignal;
}

type StoredRunOptions = 'files' | 'onPrefixChange';

export interface ChatOptions
  extends Omit<AgentOptions, keyof ChatCallOptions | StoredRunOptions | 'model'>,
    ChatCallOptions {
  /**
   * What the conversation begins with: messages, such as another chat's `history`, or what `conversation` of the providers takes. Cache marks
   * within are left out. Default: nothing.
   */
  readonly history?: readonly ConversationItem[];
  /** Rounds of tools a run may take. Default 2. */
  readonly maxToolRounds?: number;
}

/** The options of one run of a chat, as the agent takes them. Throws `agent/invalid-option` for a cache option that would be lost. */
export function agentOptions(model: Model, chat: Omit<ChatOptions, 'history'>, asked: ChatCallOptions): AgentOptions {
  const { cache: _cache, cacheIdxs: _cacheIdxs, ttl: _ttl, temperature, ...options } = { ...chat, ...asked };
  const shared = { maxToolRounds: DEFAULT_TOOL_ROUNDS, ...options, cache: cachePolicy(chat, asked) };
  if (temperature === 'default') return { ...shared, model };
  if (temperature !== undefined) return { ...shared, model, temperature };
  // Nobody asked for it in particular, and nobody is told where a model does without.
  return { ...shared, model: withoutTemperatureWarning(model), temperature: 0 };
}

const DEFAULT_TOOL_ROUNDS = 2;

function cachePolicy(chat: ChatCacheOptions, asked: ChatCacheOptions): CachePolicy {
  // A policy of its own is not to be mixed with what the chat says of another.
  const { cache = false, cacheIdxs, ttl } = isPolicy(asked.cache) ? asked : { ...chat, ...asked };
  if (isPolicy(cache)) {
    const lost = [cacheIdxs === undefined ? [] : 'cacheIdxs', ttl === undefined ? [] : 'ttl'].flat();
    if (lost.length === 0) return cache;
    const given = `cache is ${JSON.stringify(cache)}, and ${lost.join(' and ')} would be lost`;
    throw new AgentError(
      'agent/invalid-option',
      `${given}: set cache to true, or say it in the policy, as in { breakpoints: [-1], ttl: '1h' }.`,
    );
  }
  return cache ? { breakpoints: cacheIdxs ?? [-1], ...(ttl === undefined ? {} : { ttl }) } : 'none';
}

function isPolicy(cache: ChatCacheOptions['cache']): cache is CachePolicy {
  return cache !== undefined && typeof cache !== 'boolean';
}
