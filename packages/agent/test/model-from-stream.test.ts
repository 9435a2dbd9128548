import { modelFromStream } from '@reprise/agent';
import { assistantTurn, type CachePolicy, type Family, type ModelRequest, userMessage } from '@reprise/providers';
import { describe, expect, it } from 'vitest';

function modelOf(family?: Family) {
  return modelFromStream({
    id: 'own',
    ...(family ? { family } : {}),
    async *stream() {
      yield { type: 'assistant-turn', turn: assistantTurn({ message: { role: 'assistant', content: [] } }) };
    },
  });
}

const ASKED: ModelRequest = { messages: [userMessage('hi')] };

async function warningsOf(request: ModelRequest, family?: Family) {
  return (await Array.fromAsync(modelOf(family).stream(request))).filter(({ type }) => type === 'warning');
}

describe.each([undefined, 'anthropic', 'openai-chat'] as const)('a model of one’s own, of family %s', (family) => {
  it('says that the marks which were asked for are not placed (D-11)', async () => {
    const unsupported = expect.objectContaining({ code: 'cache/unsupported' });
    expect(await warningsOf({ ...ASKED, cache: 'last_user_message' }, family)).toEqual([unsupported]);
    const messages = [{ ...userMessage('hi'), cache: { ttl: '1h' as const } }];
    expect(await warningsOf({ messages }, family)).toEqual([unsupported]);
  });

  it('says nothing where nobody has asked for a mark', async () => {
    for (const cache of ['auto', 'none'] as const) expect(await warningsOf({ ...ASKED, cache }, family)).toEqual([]);
    expect(await warningsOf(ASKED, family)).toEqual([]);
  });

  it('refuses a lifetime that nobody sells, before it is asked (D-01)', () => {
    const cache = JSON.parse('{ "breakpoints": [-1], "ttl": "2h" }') as CachePolicy;
    const refusal = expect.objectContaining({ code: 'provider/invalid-request' });
    expect(() => modelOf(family).planMarks({ ...ASKED, cache })).toThrow(refusal);
    expect(() => modelOf(family).stream({ ...ASKED, cache })).toThrow(refusal);
  });
});
