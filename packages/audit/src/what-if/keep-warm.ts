import type { KeepWarm } from './scenario.ts';

/**
 * Sends conversations' last requests again, so that their prefixes live on. Refreshes are sent in the order of time with everything else,
 * and in each pause no more than `atMost`; without that, until the last turn of the conversation.
 */
export interface Warmer<Sent> {
  /** A conversation has sent something, at `at`: its pause begins. */
  keep(conversation: WarmConversation<Sent>, at: number): void;
  /** Sends what is due before `at`; a turn that starts then needs none. */
  refreshBefore(at: number): void;
}

interface WarmConversation<Sent> {
  readonly branch: string;
  /** When its last turn starts, epoch milliseconds. */
  readonly lastAt: number;
  readonly sent: Sent;
}

interface Pause<Sent> extends WarmConversation<Sent> {
  nextAt: number;
  left: number;
}

export function createWarmer<Sent>(
  { everyMs, atMost }: KeepWarm,
  refresh: (sent: Sent, at: number) => void,
): Warmer<Sent> {
  const pauses = new Map<string, Pause<Sent>>();

  function isOver({ nextAt, left, lastAt }: Pause<Sent>): boolean {
    return atMost === undefined ? nextAt >= lastAt : left <= 0;
  }

  function firstDue(at: number): Pause<Sent> | undefined {
    let first: Pause<Sent> | undefined;
    for (const pause of pauses.values()) {
      if (isOver(pause)) pauses.delete(pause.branch);
      else if (pause.nextAt < at && pause.nextAt < (first?.nextAt ?? Number.POSITIVE_INFINITY)) first = pause;
    }
    return first;
  }

  return {
    keep(conversation, at) {
      pauses.set(conversation.branch, { ...conversation, nextAt: at + everyMs, left: atMost ?? 0 });
    },
    refreshBefore(at) {
      for (let due = firstDue(at); due; due = firstDue(at)) {
        refresh(due.sent, due.nextAt);
        due.nextAt += everyMs;
        due.left -= 1;
      }
    },
  };
}
