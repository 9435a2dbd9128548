import { createBell } from './bell.ts';
import { giveBackOrphans, type LineParts, putMissingRuns } from './heal-line.ts';

export interface HealTerms extends LineParts {
  /** How often to look for runs that have no place in line, in milliseconds, give or take a quarter; for orphans five times as often. */
  readonly healMs: number;
  readonly onError: (error: unknown) => void;
}

const LOOKS_PER_HEAL = 5;

/** Heals the line until it is stopped. Several processes may do so at once. */
export function startHealing(terms: HealTerms): { stop(): Promise<void> } {
  const bell = createBell();
  let isStopped = false;
  const heal = async () => {
    for (let look = 0; !isStopped; look += 1) {
      await healOnce(terms, look % LOOKS_PER_HEAL === 0);
      // Processes that were started together do not keep in step.
      const jitter = 0.75 + Math.random() / 2;
      if (!isStopped) await bell.wait((terms.healMs / LOOKS_PER_HEAL) * jitter);
    }
  };
  const healing = heal();
  return {
    async stop() {
      isStopped = true;
      bell.ring();
      await healing;
    },
  };
}

async function healOnce(terms: HealTerms, isWhole: boolean): Promise<void> {
  try {
    await giveBackOrphans(terms);
    if (!isWhole) return;
    await putMissingRuns(terms);
    await terms.line.tend();
  } catch (error) {
    terms.onError(error);
  }
}
