import type { RunOutcome } from '@reprise/service/client';

/** What is to be said of a turn that did not end as turns do; `undefined` for one that did. */
export function stopText(
  stopReason: string | undefined,
): { readonly text: string; readonly isError: boolean } | undefined {
  const text = stopReason === undefined ? undefined : STOPS[stopReason];
  return text === undefined ? undefined : { text, isError: stopReason === 'error' };
}

const STOPS: Readonly<Record<string, string>> = {
  aborted: 'Broken off: this is as far as it came.',
  error: 'It failed here: this is as far as it came.',
  refusal: 'The model refused to answer.',
  'content-filter': 'The vendor’s filter has withheld the rest.',
  'max-tokens': 'Cut off: the answer had as many tokens as one may have.',
  'context-window': 'Cut off: the conversation is as long as the model takes.',
};

/** What is to be said of how a run ended; `undefined` where its last turn, or what it waits for, says it. */
export function endText({ reason, error }: Pick<RunOutcome, 'error' | 'reason'>): string | undefined {
  if (reason === 'error') return `The run failed: ${error?.message ?? 'nobody knows why.'}`;
  return ENDS[reason];
}

const ENDS: Readonly<Partial<Record<RunOutcome['reason'], string>>> = {
  aborted: 'The run was stopped.',
  'tool-round-limit': 'The run ended: its tools were called as often as one run may.',
  'request-limit': 'The run ended: it asked the model as often as one run may.',
  'output-limit': 'The run ended: its answers had as many tokens as those of one run may have.',
  'budget-limit': 'The run ended: the next request could have cost more than its budget has left.',
  'hook-stop': 'The run ended: a hook has stopped it.',
};
