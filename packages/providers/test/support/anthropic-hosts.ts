import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';

/** A request as it arrived. */
interface Arrived {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface HostAnswer {
  readonly status?: number;
  readonly contentType: string;
  readonly body: string | Buffer;
  /** In how many bytes at a time it is sent. Default: all at once. */
  readonly pieceBytes?: number;
}

export interface LocalHost extends AsyncDisposable {
  /** `http://127.0.0.1:` and a free port. */
  readonly url: string;
  readonly arrived: readonly Arrived[];
}

/** A server on this machine that answers every call in the same way, and remembers the calls. */
export async function openHost({ status = 200, contentType, body, pieceBytes }: HostAnswer): Promise<LocalHost> {
  const arrived: Arrived[] = [];
  const bytes = Buffer.from(body);
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await Array.fromAsync(request)).toString();
    arrived.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) });
    response.writeHead(status, { 'content-type': contentType });
    const size = pieceBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += size) response.write(bytes.subarray(at, at + size));
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    arrived,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The real client with a token of its own instead of Google's. */
export function vertexClient(baseURL: string): AnthropicVertex {
  const authClient = Object.assign(Object.create(null), {
    projectId: 'project-1',
    getRequestHeaders: async () => new Headers({ authorization: 'Bearer google-token' }),
  });
  return new AnthropicVertex({ region: 'us-east5', projectId: 'project-1', baseURL, authClient, logLevel: 'off' });
}
