import { createServer } from 'node:net';
import { anthropic, completeTurn, type Model, ollama, openai, userMessage } from '@reprise/providers';
import { expect, it } from 'vitest';

/** An address at which nobody listens. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

it.each<[string, (url: string) => Model]>([
  ['anthropic', (baseURL) => anthropic({ apiKey: 'k', baseURL }).model('m')],
  ['openai', (baseURL) => openai({ apiKey: 'k', baseURL }).model('m')],
  ['ollama', (host) => ollama({ host }).model('m')],
])('a server of %s that is not there is a network error in the words of the socket', async (_name, model) => {
  await expect(
    completeTurn(model(await closedAddress()), { messages: [userMessage('hi')] }, { retry: false }),
  ).rejects.toMatchObject({
    code: 'provider/network',
    retryable: true,
    message: expect.stringContaining('ECONNREFUSED 127.0.0.1'),
  });
});
