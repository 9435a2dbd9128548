/**
 * A run as Markdown while it is under way.
 *
 * Owns: what an event looks like, and what of the run is settled.
 * Leaves to `formatTranscript`: what the whole looks like once it is.
 *
 * F1. What a model or a tool wrote cannot pass for a block of the formatter's.
 * F2. `text` is a transcript of what is committed; marks of the moment are not part of it.
 */

import {
  type AssistantTurn,
  createDeltaRenderer,
  type Message,
  promptTokenCount,
  type RenderOptions,
} from '@reprise/providers';
import type { AgentEvent, AgentEventBody } from '../agent-event.ts';
import type { AgentState } from '../state.ts';
import { createLineEscaper } from './escape-stream.ts';
import { formatTranscript } from './format.ts';
import { details, escapeHtml, USAGE_DETAILS } from './grammar.ts';
import { checkTranscriptOptions, type TranscriptOptions, type TranscriptSettings } from './options.ts';
import { callSummary, toolDetails } from './tool-details.ts';

export interface TranscriptFormatterOptions extends TranscriptOptions, RenderOptions {
  /** Shows what a model thinks instead of `🧠` for each piece of it. Default false. */
  readonly showThinking?: boolean;
  /** Shows a block with the tokens of each turn after it. Default false. */
  readonly includeUsage?: boolean;
}

/** Shows runs as Markdown, event by event. One formatter serves one run after the other. Throws `agent/invalid-option`. */
export class TranscriptFormatter {
  readonly #settings: TranscriptSettings;
  readonly #options: TranscriptFormatterOptions;
  readonly #render: ReturnType<typeof createDeltaRenderer>;
  readonly #escaper = createLineEscaper();
  readonly #messages: Message[] = [];

  constructor(options: TranscriptFormatterOptions = {}) {
    this.#settings = checkTranscriptOptions(options);
    this.#options = options;
    this.#render = createDeltaRenderer(options);
  }

  /** What the runs have added since their first response: answers, results, and messages that came in between. As far as committed. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** The same as `formatTranscript` writes it, so that `parseTranscript` reads it. */
  get text(): string {
    return formatTranscript(this.#messages, this.#settings);
  }

  /** The Markdown that an event adds for whoever watches; often empty. */
  format(event: AgentEvent | AgentEventBody): string {
    switch (event.type) {
      case 'tool-start':
        return this.#block(`⏳ ${callSummary(event.call)}`);
      case 'tool-end':
        return this.#block(toolDetails(event, this.#settings));
      case 'turn-end':
        this.#settle(event.state, event.turn);
        return this.#options.includeUsage ? this.#block(usageDetails(event.turn)) : '';
      case 'run-end':
        this.#settle(event.state);
        return this.#escaper.end();
      case 'tool-call-delta':
        // It is shown when it runs.
        return '';
      default:
        return this.#delta(event);
    }
  }

  /** The same for a whole run: `for await (const piece of formatter.stream(session.send('…')))`. */
  async *stream(events: AsyncIterable<AgentEvent>): AsyncGenerator<string, void, undefined> {
    for await (const event of events) {
      const piece = this.format(event);
      if (piece !== '') yield piece;
    }
  }

  #delta(event: AgentEvent | AgentEventBody): string {
    if (event.type === 'block-end' && event.block.type === 'tool-call') return '';
    const piece = this.#render(event) ?? '';
    const isShown = event.type === 'thinking-delta' && this.#options.showThinking === true;
    return this.#escaper.add(isShown ? piece.replace('🧠', () => event.text) : piece);
  }

  /** On lines of its own. */
  #block(markdown: string): string {
    return `${this.#escaper.end()}\n\n${markdown}\n\n`;
  }

  /** Takes over what the run has added to the history since. Where an edit has taken away what was shown last, the response alone. */
  #settle({ messages }: AgentState, turn?: AssistantTurn): void {
    const last = this.#messages.at(-1);
    const index = last ? messages.lastIndexOf(last) : messages.length - 2;
    if (last === undefined && turn === undefined) return;
    if (last === undefined || index >= 0) this.#messages.push(...messages.slice(index + 1));
    else if (turn) this.#messages.push(turn.message);
  }
}

function usageDetails({ model, tokens }: AssistantTurn): string {
  const prompt = promptTokenCount(tokens);
  const words = `${model}: ${JSON.stringify(prompt)} prompt tokens, ${tokens.output} output tokens`;
  return details(USAGE_DETAILS, escapeHtml(words), { model, tokens });
}
