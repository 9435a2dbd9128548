/**
 * The spans of one run: `invoke_agent`, in it one `chat` for each model call and one `execute_tool` for each tool that runs.
 *
 * Owns: when each begins and ends, and what it is told.
 * Leaves to `turn-attributes.ts`: what a response is in attributes. To `telemetry.ts`: whose events are heard.
 *
 * S1. However a run ends, and whenever its listener leaves, each of its spans ends exactly once.
 * S2. Nothing that was said is on a span, error messages included, unless `captureContent`.
 * S3. Times are the events' own. A model call is known by its turn alone, so its span is made when the turn has come, and begins then.
 * S4. A turn that was recovered from a crash is no call of this run, and has neither span nor metrics.
 */

import { type Context, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { AssistantTurn, ToolCallBlock } from '@reprise/providers';
import type { AgentEvent, RunEndEvent, RunStartEvent, ToolEndEvent, TurnEndEvent } from '../agent-event.ts';
import { isResponse } from '../turn.ts';
import { argumentsContent, inputContent, outputContent, resultContent } from './content.ts';
import { ABANDONED, ATTRIBUTE, errorType, providerName, TOOL_ERROR } from './conventions.ts';
import type { Instruments } from './instruments.ts';
import {
  addUsed,
  callAttributes,
  NOTHING_USED,
  present,
  responseAttributes,
  type UsedTokens,
  usageAttributes,
  usedTokens,
} from './turn-attributes.ts';

export interface SpanTerms {
  readonly tracer: Tracer;
  readonly instruments: Instruments;
  readonly clock: () => number;
  readonly captureContent: boolean;
  readonly agentName: string | undefined;
  readonly requestModel: string | undefined;
  readonly temperature: number | undefined;
  readonly stopSequences: readonly string[] | undefined;
  readonly conversationId: string | undefined;
}

/** A tool under way. */
interface RunningTool {
  readonly span: Span;
  readonly startedAt: number;
}

/** A model call whose turn has come, and not yet what follows it. */
interface AnsweredCall {
  readonly span: Span;
  readonly endsAt: number;
}

export class RunSpans {
  readonly #terms: SpanTerms;
  readonly #run: Span;
  readonly #context: Context;
  readonly #tools = new Map<ToolCallBlock, RunningTool>();
  #answered: AnsweredCall | undefined;
  #used: UsedTokens = NOTHING_USED;
  #requestModel: string | undefined;
  #conversationId: string | undefined;
  #active: Context;
  #isEnded = false;

  /** Begins the span of the run, in what is active where it is listened to. */
  constructor({ runId }: RunStartEvent, parent: Context, terms: SpanTerms) {
    const { tracer, agentName, clock, conversationId, requestModel } = terms;
    this.#terms = terms;
    this.#conversationId = conversationId;
    this.#requestModel = requestModel;
    const attributes = present({
      [ATTRIBUTE.operation]: 'invoke_agent',
      [ATTRIBUTE.agentName]: agentName,
      [ATTRIBUTE.requestModel]: requestModel,
      [ATTRIBUTE.runId]: runId,
    });
    const name = agentName === undefined ? 'invoke_agent' : `invoke_agent ${agentName}`;
    this.#run = tracer.startSpan(name, { kind: SpanKind.INTERNAL, startTime: new Date(clock()), attributes }, parent);
    this.#context = trace.setSpan(parent, this.#run);
    this.#active = this.#context;
  }

  /** What is active while the run goes on from the event heard last: the tool that begins with that, the run otherwise. */
  get active(): Context {
    return this.#active;
  }

  hear(event: AgentEvent): void {
    if (this.#isEnded) return;
    this.#active = this.#context;
    if (event.type === 'turn-end') this.#hearTurnEnd(event);
    this.#endCall();
    if (event.type === 'assistant-turn') this.#beginCall(event.turn);
    else if (event.type === 'model-switch') this.#requestModel = event.to.id;
    else if (event.type === 'tool-start') this.#beginTool(event.call);
    else if (event.type === 'tool-end') this.#endTool(event);
    else if (event.type === 'run-end') this.#endRun(event);
  }

  /** Ends what is still open, as left alone by its listener or broken off by an error. */
  end(error?: unknown): void {
    this.#end(error === undefined ? ABANDONED : errorType(error), error);
  }

  #beginCall(turn: AssistantTurn): void {
    const { clock, captureContent, instruments, tracer, temperature, stopSequences } = this.#terms;
    const { durationMs, startedAt } = turn.timing;
    // A stream of one's own need not say when it began.
    const beginsAt = startedAt > 0 ? startedAt : clock() - durationMs;
    const attributes = {
      ...callAttributes(turn, this.#requestModel),
      ...present({
        [ATTRIBUTE.temperature]: temperature,
        [ATTRIBUTE.stopSequences]: stopSequences && [...stopSequences],
      }),
      ...responseAttributes(turn),
      ...(captureContent ? outputContent(turn) : {}),
    };
    const name = this.#requestModel === undefined ? 'chat' : `chat ${this.#requestModel}`;
    const options = { kind: SpanKind.CLIENT, startTime: new Date(beginsAt), attributes };
    const span = tracer.startSpan(name, options, this.#context);
    if (turn.error) this.#fail(span, errorType(turn.error), turn.error);
    this.#answered = { span, endsAt: beginsAt + durationMs };
    // What was never answered has no counts, and leaves those of the others known.
    if (isResponse(turn)) this.#used = addUsed(this.#used, usedTokens(turn.tokens));
    this.#run.setAttribute(ATTRIBUTE.provider, providerName(turn.family));
    instruments.recordTurn(turn, this.#requestModel);
  }

  /** What is known of a call only when its turn is recorded: the session that has it, and the history it was asked with. */
  #hearTurnEnd({ snapshot, state }: TurnEndEvent): void {
    this.#conversationId = snapshot?.sessionId ?? this.#conversationId;
    if (!this.#answered || !this.#terms.captureContent) return;
    const last = state.messages.findLastIndex(({ role }) => role === 'assistant');
    this.#answered.span.setAttributes(inputContent(state.messages.slice(0, last)));
  }

  #endCall(): void {
    const answered = this.#answered;
    this.#answered = undefined;
    if (answered) this.#close(answered.span, answered.endsAt);
  }

  #beginTool(call: ToolCallBlock): void {
    const { clock, captureContent, tracer } = this.#terms;
    const startedAt = clock();
    const attributes = {
      [ATTRIBUTE.operation]: 'execute_tool',
      [ATTRIBUTE.toolName]: call.name,
      [ATTRIBUTE.toolCallId]: call.id,
      [ATTRIBUTE.toolType]: 'function',
      ...(captureContent ? argumentsContent(call) : {}),
    };
    const options = { kind: SpanKind.INTERNAL, startTime: new Date(startedAt), attributes };
    const span = tracer.startSpan(`execute_tool ${call.name}`, options, this.#context);
    this.#tools.set(call, { span, startedAt });
    this.#active = trace.setSpan(this.#context, span);
  }

  #endTool({ call, durationMs, result }: ToolEndEvent): void {
    const tool = this.#tools.get(call);
    if (!tool) return;
    this.#tools.delete(call);
    if (this.#terms.captureContent) tool.span.setAttributes(resultContent(result));
    if (result.isError) this.#fail(tool.span, TOOL_ERROR);
    this.#close(tool.span, tool.startedAt + durationMs);
  }

  #endRun({ error, reason }: RunEndEvent): void {
    this.#run.setAttribute(ATTRIBUTE.runEndReason, reason);
    this.#end(error && errorType(error), error);
  }

  #end(type: string | undefined, error: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#endCall();
    const now = this.#terms.clock();
    for (const { span } of this.#tools.values()) {
      this.#fail(span, type ?? ABANDONED, error);
      this.#close(span, now);
    }
    this.#tools.clear();
    if (this.#used !== NOTHING_USED) this.#run.setAttributes(usageAttributes(this.#used));
    if (type !== undefined) this.#fail(this.#run, type, error);
    this.#close(this.#run, now);
  }

  /** An error's message may quote what was said. */
  #fail(span: Span, type: string, error?: unknown): void {
    const isTold = this.#terms.captureContent && error instanceof Error;
    span.setAttribute(ATTRIBUTE.errorType, type);
    span.setStatus({ code: SpanStatusCode.ERROR, ...(isTold ? { message: error.message } : {}) });
  }

  #close(span: Span, at: number): void {
    if (this.#conversationId !== undefined) span.setAttribute(ATTRIBUTE.conversationId, this.#conversationId);
    span.end(new Date(at));
  }
}
