import { modelFromStream } from '@reprise/agent';
import { type AssistantTurnParts, type Model, type ModelRequest, toolCallBlock } from '@reprise/providers';

/** One step of a script: the turn it ends in, or what it does instead. */
export type Step =
  | AssistantTurnParts
  | ((request: ModelRequest, signal: AbortSignal | undefined) => AssistantTurnParts | Promise<AssistantTurnParts>);

export interface ScriptedModel extends Model {
  readonly requests: readonly ModelRequest[];
  /** Steps nobody has played yet. */
  readonly unplayed: number;
}

/** A model that plays turns in order, and fails on a call too many. */
export function scriptedModel(...steps: readonly Step[]): ScriptedModel {
  const requests: ModelRequest[] = [];
  const model = modelFromStream({
    id: 'scripted',
    async *stream(request, { signal }) {
      const step = steps[requests.length];
      requests.push(request);
      if (!step) throw new Error(`The script has ${steps.length} steps; this is call ${requests.length}.`);
      const turn = typeof step === 'function' ? await step(request, signal) : step;
      for (const [blockIndex, block] of turn.message.content.entries()) {
        if (block.type === 'text') yield { type: 'text-delta', blockIndex, text: block.text };
      }
      yield { type: 'assistant-turn', turn };
    },
  });
  return {
    ...model,
    // A step that fails is what the test is about; to play the next one is the caller's choice.
    stream: (request, options) => model.stream(request, { retry: false, ...options }),
    requests,
    get unplayed() {
      return steps.length - requests.length;
    },
  };
}

export function textTurn(text: string, parts: Partial<AssistantTurnParts> = {}): AssistantTurnParts {
  return { message: { role: 'assistant', content: text === '' ? [] : [{ type: 'text', text }] }, ...parts };
}

export function toolTurn(
  ...calls: readonly (readonly [id: string, name: string, argumentsText: string])[]
): AssistantTurnParts {
  return {
    message: { role: 'assistant', content: calls.map(([id, name, text]) => toolCallBlock(id, name, text)) },
    stopReason: 'tool-use',
  };
}
