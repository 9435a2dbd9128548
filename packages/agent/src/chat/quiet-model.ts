import type { Model, ModelStream, StreamEvent } from '@reprise/providers';
import { withStream } from './with-stream.ts';

/** The model, but for its warning that it takes no temperature. */
export function withoutTemperatureWarning(model: Model): Model {
  return withStream(model, (request, options) => withoutWarning(model.stream(request, options)));
}

/** Passes each call on as it is: a generator around a stream would slow down every delta. */
function withoutWarning(stream: ModelStream): ModelStream {
  return {
    get turn() {
      return stream.turn;
    },
    [Symbol.asyncIterator]() {
      const events = stream[Symbol.asyncIterator]();
      return {
        async next() {
          let read = await events.next();
          while (!read.done && isTemperatureWarning(read.value)) read = await events.next();
          return read;
        },
        ...(events.return && { return: () => events.return?.() ?? ENDED }),
      };
    },
  };
}

const ENDED = Promise.resolve({ done: true, value: undefined } as const);

function isTemperatureWarning(event: StreamEvent): boolean {
  return event.type === 'warning' && event.code === 'request/temperature-ignored';
}
