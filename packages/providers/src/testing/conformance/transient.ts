import { describe, expect, test } from 'vitest';
import type { CachePolicy } from '../../cache/plan-breakpoints.ts';
import { type Message, type UserMessage, userMessage } from '../../message.ts';
import type { ModelRequest } from '../../request.ts';
import type { ScriptedResponse } from '../harness.ts';
import { play, type Stage } from './play.ts';
import { agentRequest, longConversation } from './requests.ts';

const GOOD: ScriptedResponse = { content: [{ type: 'text', pieces: ['Good', '.'] }] };

const REMINDER: UserMessage = { ...userMessage('It is 12:00 in “Berlin”.'), transient: true };

const POLICIES: readonly CachePolicy[] = [
  'auto',
  'none',
  'automatic',
  'system_and_tools',
  'last_user_message',
  'last_3_user_messages',
  { breakpoints: ['system', 'last', -1] },
];

/** What is sent with one request alone. */
export function describeTransientMessages(stage: Stage): void {
  describe('a transient message', () => {
    test.each(histories())('is no part of the prefix behind %s', async (_what, history) => {
      const { model } = await stage.open(GOOD);
      const [plain, reminded] = [agentRequest(...history), agentRequest(...history, REMINDER)];
      expect(model.prefixBlocks(reminded)).toEqual(model.prefixBlocks(plain));
      const next = model.prefixBlocks(agentRequest(...history, answer(), userMessage('And now?'), REMINDER));
      expect(next.slice(0, model.prefixBlocks(reminded).length)).toEqual(model.prefixBlocks(reminded));
    });

    test.each(histories())('is sent, and comes last, behind %s', async (_what, history) => {
      const { model, requests } = await stage.open(GOOD);
      const { turn } = await play(model, agentRequest(...history, REMINDER));
      expect(turn.error).toBeUndefined();
      await play(model, agentRequest(...history));
      if (stage.lacks('body')) return;
      const [reminded = '', plain = ''] = requests();
      expect(reminded.split('Berlin')).toHaveLength(2);
      expect(plain).not.toContain('Berlin');
      // What follows it is no message: of each that is sent, it holds the last words.
      const lastWords = Math.max(...['"Good"', 'Result of read_file', 'Look again.'].map((t) => reminded.indexOf(t)));
      expect(reminded.indexOf('Berlin')).toBeGreaterThan(lastWords);
    });

    test.each(POLICIES)('leaves the marks before it where they are: %j', async (cache) => {
      const { model } = await stage.open(GOOD);
      for (const [, history] of histories()) {
        const request: ModelRequest = { ...agentRequest(...history, REMINDER), cache };
        const blocks = model.prefixBlocks(request);
        const marks = model.planMarks(request);
        expect(model.planMarks(request, blocks)).toEqual(marks);
        for (const { blockIndex, path } of marks) expect(blocks[blockIndex]).toMatchObject({ path, markable: true });
        const before = model.planMarks({ ...agentRequest(...history), cache });
        const own = before.filter(({ isVendorPlaced }) => !isVendorPlaced).map(({ blockIndex }) => blockIndex);
        expect(marks.map(({ blockIndex }) => blockIndex)).toEqual(expect.arrayContaining(own));
      }
    });

    test.each([
      ['before another message', agentRequest(REMINDER, userMessage('Well?'))],
      ['that asks to be cached', agentRequest({ ...REMINDER, cache: {} })],
    ])('%s is refused at once', async (_what, request) => {
      const { model, requests } = await stage.open(GOOD);
      expect(() => model.stream(request)).toThrow(expect.objectContaining({ code: 'provider/invalid-request' }));
      expect(requests()).toEqual([]);
    });
  });
}

function histories(): readonly (readonly [what: string, history: readonly Message[]])[] {
  const history = longConversation();
  return [
    ['a question', []],
    ['the results of tools', history.slice(0, 3)],
    ['a later question', history],
  ];
}

function answer(): Message {
  return { role: 'assistant', content: [{ type: 'text', text: 'Good.' }] };
}
