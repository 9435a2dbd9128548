/** Lets runs that share a prefix begin so that one of them has paid for it before the others ask. */
export interface WarmUp {
  /** Resolves when this run may begin: at once for the first, and for the others when one that began before has been answered. */
  enter(): Promise<WarmUpPlace>;
}

/** A run's place. Either call may be made more than once. */
interface WarmUpPlace {
  /** Its answer has begun: what it wrote to the cache can be read. */
  answered(): void;
  /** It is over. If it was never answered, the next one begins in its stead, by itself. */
  left(): void;
}

/** Runs enter one by one until one of them is answered, and from then on as they come; all of them do while it is not `isOn`. */
export function createWarmUp(isOn: boolean): WarmUp {
  let isWarm = !isOn;
  /** The run that all others wait for. */
  let first: PromiseWithResolvers<void> | undefined;

  return {
    async enter() {
      while (!isWarm && first) await first.promise;
      if (isWarm) return WARM;
      const own = Promise.withResolvers<void>();
      first = own;
      return {
        answered() {
          isWarm = true;
          own.resolve();
        },
        left() {
          if (first === own) first = undefined;
          own.resolve();
        },
      };
    },
  };
}

const WARM: WarmUpPlace = { answered: () => {}, left: () => {} };
