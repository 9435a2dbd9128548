import type { Message, Model } from '@reprise/providers';
import type { SentBranch } from '../session/read-branch.ts';
import { askedRequest } from './asked-request.ts';
import { replayBranch, rulesOf } from './branch-cache.ts';
import type { RequestFrame } from './build-request.ts';
import type { CompactionInputs } from './plan-compaction.ts';

/** What a plan needs of a conversation: what its vendor's cache holds, by what was sent, and what its next requests look like. */
export function planningInputs(
  messages: readonly Message[],
  { requests, terms }: SentBranch,
  { now, ...frame }: RequestFrame & { readonly model: Model; readonly now: number },
): CompactionInputs {
  const ask = (asked: readonly Message[]) => askedRequest(frame, asked);
  const marks = requests.at(-1)?.marks ?? ask(messages).marks;
  return { messages, cache: replayBranch(requests, rulesOf(frame.model, marks)), terms, ask, now };
}
