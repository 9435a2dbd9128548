type Source<Event> = AsyncGenerator<Event, void, undefined>;

/**
 * The events of several sources as they happen, of at most `limit` at a time; those behind wait for a place, in order. A source goes on
 * from an event only after the listener has come back from it.
 *
 * If a source fails, or the listener leaves, `stop` is called, which has to bring the others to their end; nothing is over before they are.
 */
export async function* sideBySide<Event>(
  starts: readonly (() => Source<Event>)[],
  limit: number,
  stop: () => void,
): AsyncGenerator<Event, void, undefined> {
  const waiting = starts.values();
  const unfinished = new Set<Source<Event>>();
  const steps = new Map<Source<Event>, Promise<readonly [Source<Event>, IteratorResult<Event, void>]>>();
  const goOn = (source: Source<Event>) => {
    steps.set(
      source,
      source.next().then((step) => [source, step] as const),
    );
  };
  const fill = () => {
    while (unfinished.size < limit) {
      const source = waiting.next().value?.();
      if (!source) return;
      unfinished.add(source);
      goOn(source);
    }
  };
  try {
    for (fill(); steps.size > 0; fill()) {
      const [source, step] = await Promise.race(steps.values());
      steps.delete(source);
      if (step.done) unfinished.delete(source);
      else {
        yield step.value;
        goOn(source);
      }
    }
  } finally {
    if (unfinished.size > 0) stop();
    // What is asked to return does so after the step that it is in.
    await Promise.allSettled(Array.from(unfinished, (source) => source.return()));
  }
}
