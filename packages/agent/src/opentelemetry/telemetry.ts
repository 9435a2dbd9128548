import { type Context, context, type Meter, metrics, type Tracer, trace } from '@opentelemetry/api';
import type { AgentEvent, RunStartEvent } from '../agent-event.ts';
import type { AgentOptions } from '../settings.ts';
import { createInstruments } from './instruments.ts';
import { RunSpans, type SpanTerms } from './run-spans.ts';

export interface TelemetryOptions {
  /** Default: the global provider's, named `@reprise/agent`. */
  readonly tracer?: Tracer;
  /** Default: the global provider's, named `@reprise/agent`. */
  readonly meter?: Meter;
  /** What the agent is called on its spans. Default: it has no name. */
  readonly agentName?: string;
  /** What the agent is asked with, which events do not tell; its own options will do. Default: left out. */
  readonly request?: Pick<AgentOptions, 'model' | 'stopSequences' | 'temperature'>;
  /**
   * Puts messages, tool arguments, results and error messages on spans: what people said, for everybody who may read traces. The input of a
   * call is the history as it is kept; what a hook has put into a request is not in it, nor is the system prompt. Default `false`.
   */
  readonly captureContent?: boolean;
  /** Epoch milliseconds, as the agent's `ports.clock`. Default `Date.now`. */
  readonly clock?: () => number;
}

/** Any run: of a session, of `runAgent`, of a chat. */
export interface TraceableRun<Result> extends AsyncIterable<AgentEvent> {
  result(): Promise<Result>;
}

export interface Telemetry {
  /**
   * The same run, with its spans and metrics. Listen to this one or await its result, not the one that was given. Its span is active while the
   * run goes on, and a tool's span while the tool runs, so that what they trace by themselves comes to stand in them; the request of a model
   * call comes to stand in the run. `conversationId` is the session's id, for runs that fail before their first turn is recorded: later it is
   * known. Sampling, export and shutdown are the SDK's.
   */
  trace<Result>(run: TraceableRun<Result>, options?: { readonly conversationId?: string }): TraceableRun<Result>;
  /**
   * Hears one event of a run whose events come by a function, such as `onEvent` of `runMany`. `run` tells runs that go on at once from each
   * other; default: there is one. No span becomes active here.
   */
  listen(event: AgentEvent, run?: number | string): void;
  /** Ends the spans of runs that have not ended, such as those of a batch that broke off: nothing else of them will be heard. */
  close(): void;
}

/** Spans and metrics of runs, by the GenAI semantic conventions. One for all runs of an agent will do. */
export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const terms = spanTerms(options);
  const open = new Set<RunSpans>();
  const listened = new Map<number | string, RunSpans>();

  function begin(event: RunStartEvent, parent: Context, conversationId?: string): RunSpans {
    const spans = new RunSpans(event, parent, { ...terms, conversationId });
    open.add(spans);
    return spans;
  }

  function leave(spans: RunSpans | undefined, error?: unknown): void {
    spans?.end(error);
    if (spans) open.delete(spans);
  }

  async function* follow(
    events: AsyncIterator<AgentEvent>,
    outer: Context,
    conversationId: string | undefined,
  ): AsyncGenerator<AgentEvent, void, undefined> {
    let spans: RunSpans | undefined;
    try {
      for (;;) {
        const step = await context.with(spans?.active ?? outer, () => events.next());
        if (step.done) return;
        if (step.value.type === 'run-start') spans = begin(step.value, outer, conversationId);
        spans?.hear(step.value);
        yield step.value;
      }
    } catch (error) {
      leave(spans, error);
      throw error;
    } finally {
      try {
        await events.return?.();
      } finally {
        leave(spans);
      }
    }
  }

  return {
    trace(run, { conversationId } = {}) {
      let isConsumed = false;
      const consume = (): AsyncGenerator<AgentEvent, void, undefined> => {
        const events = run[Symbol.asyncIterator]();
        isConsumed = true;
        return follow(events, context.active(), conversationId);
      };
      return {
        [Symbol.asyncIterator]: consume,
        async result() {
          if (!isConsumed) for await (const _event of consume());
          return run.result();
        },
      };
    },
    listen(event, run = 0) {
      if (event.type === 'run-start') {
        leave(listened.get(run));
        listened.set(run, begin(event, context.active()));
      }
      const spans = listened.get(run);
      spans?.hear(event);
      if (event.type !== 'run-end') return;
      leave(spans);
      listened.delete(run);
    },
    close() {
      for (const spans of open) leave(spans);
      listened.clear();
    },
  };
}

function spanTerms({
  tracer = trace.getTracer(SCOPE),
  meter = metrics.getMeter(SCOPE),
  agentName,
  request,
  captureContent = false,
  clock = Date.now,
}: TelemetryOptions): SpanTerms {
  return {
    tracer,
    instruments: createInstruments(meter),
    clock,
    captureContent,
    agentName,
    requestModel: modelName(request?.model),
    temperature: request?.temperature,
    stopSequences: request?.stopSequences,
    conversationId: undefined,
  };
}

const SCOPE = '@reprise/agent';

/** The model's own name: what stands before the first slash of `anthropic/claude-opus-5` is whose it is. */
function modelName(model: AgentOptions['model'] | undefined): string | undefined {
  return typeof model === 'string' ? model.slice(model.indexOf('/') + 1) : model?.id;
}
