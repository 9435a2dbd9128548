import { type ClientPorts, type Patience, Tries } from './patience.ts';
import { problemOf, ServiceProblem, unreachable } from './problem.ts';

/** What every call may be given. */
export interface CallOptions {
  /** Ends the call, and the stream it gave. What the service does goes on. */
  readonly signal?: AbortSignal | undefined;
}

export interface ClientRequest extends CallOptions {
  readonly method: 'DELETE' | 'GET' | 'PATCH' | 'POST';
  /** The parts of the path, as they are. */
  readonly path: readonly string[];
  /** A list is given item by item. */
  readonly query?: Readonly<Record<string, number | string | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether sending it twice does what sending it once does, so that it may be sent again when no answer came. */
  readonly isRepeatable?: boolean;
}

export interface TransportTerms {
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Asked before each request, so that a token may be renewed. */
  readonly token: () => Promise<string> | string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Whose sessions are read, where that is not the caller's own. */
  readonly tenant: string | undefined;
  /** How long an answer may take to begin. */
  readonly timeoutMs: number;
  readonly patience: Patience;
  readonly ports: ClientPorts;
}

/** Requests to one service. */
export interface Transport {
  /** The body of a successful answer. Throws a `ServiceProblem`, or the reason of the signal. */
  json<Body>(request: ClientRequest): Promise<Body>;
  /** A successful answer whose body is a stream. Sent once: whoever reads the stream knows where to go on. */
  stream(request: ClientRequest): Promise<Response>;
}

export function createTransport(terms: TransportTerms): Transport {
  return {
    async json<Body>(request: ClientRequest): Promise<Body> {
      const response = await repeated(request, terms);
      // Our own service's, whose answers are what its schemas say.
      const body: Body = await bodyOf(response);
      return body;
    },
    stream: (request) => sent(request, terms),
  };
}

const UNENDING = new AbortController().signal;

async function repeated(request: ClientRequest, terms: TransportTerms): Promise<Response> {
  const { signal = UNENDING, method, isRepeatable = method !== 'POST' } = request;
  const tries = new Tries(terms.patience, terms.ports);
  for (;;) {
    try {
      return await sent(request, terms);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRepeatable) throw error;
      await tries.waitAfter(error, signal);
    }
  }
}

async function sent(request: ClientRequest, terms: TransportTerms): Promise<Response> {
  const { signal = UNENDING } = request;
  signal.throwIfAborted();
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Error(`no answer in ${terms.timeoutMs} ms`)), terms.timeoutMs);
  const init = await initOf(request, terms, AbortSignal.any([signal, late.signal]));
  let response: Response;
  try {
    response = await terms.fetch(urlOf(request, terms), init);
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(`${request.method} ${request.path.join('/')} was not answered`, late.signal.reason ?? error);
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  throw await problemOf(response);
}

async function initOf(request: ClientRequest, terms: TransportTerms, signal: AbortSignal): Promise<RequestInit> {
  const token = await terms.token();
  const { method, body } = request;
  const headers = {
    accept: 'application/json',
    ...terms.headers,
    ...request.headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

function urlOf({ method, path, query = {} }: ClientRequest, { url, tenant }: TransportTerms): string {
  const asked = new URLSearchParams(method === 'GET' && tenant !== undefined ? { tenant } : {});
  for (const [name, value] of Object.entries(query)) {
    for (const item of [value ?? []].flat()) asked.append(name, String(item));
  }
  const search = asked.size > 0 ? `?${asked}` : '';
  return `${url.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}${search}`;
}

async function bodyOf(response: Response): Promise<never> {
  if (response.status === 204) return undefined as never;
  try {
    return (await response.json()) as never;
  } catch (error) {
    const { status } = response;
    throw new ServiceProblem(
      'The service answered with something else than JSON.',
      { code: 'client/bad-answer', status },
      { cause: error },
    );
  }
}
