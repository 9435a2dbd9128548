/** What a loop waits for that looks again when there may be something new. A ring that nobody waits for is kept. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once if there was one since the last wait, and after `timeoutMs` anyway. */
  wait(timeoutMs: number): Promise<void>;
}

export function createBell(): Bell {
  let isRung = false;
  let wake = () => {};
  return {
    ring() {
      isRung = true;
      wake();
    },
    async wait(timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, timeoutMs);
      if (isRung) resolve();
      await promise;
      clearTimeout(timer);
      isRung = false;
    },
  };
}

/** Whether a promise settled within that time, in milliseconds. */
export async function isSettledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, late]);
  clearTimeout(timer);
  return isSettled;
}
