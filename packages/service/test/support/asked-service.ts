import { createAgent } from '@reprise/agent';
import { type CheckpointStore, openMemoryStore } from '@reprise/checkpoint';
import type { Model } from '@reprise/providers';
import { createHandler, type Handler, type HandlerOptions } from '@reprise/service';
import { onTestFinished } from 'vitest';
import type { RunBody } from '../../src/http/schemas/run.ts';
import { playedModel } from './played-model.ts';

export const ANNA = 'a-token-of-anna-0123456789';
export const BERT = 'a-token-of-bert-0123456789';
export const OLGA = 'a-token-of-olga-0123456789';

/** Anna and Bert have a tenant each, and Olga looks after both. */
export const AUTH = {
  tokens: {
    anna: { token: ANNA, tenant: 'acme' },
    bert: { token: BERT, tenant: 'bolt' },
    olga: { token: OLGA, tenant: 'ops', isOperator: true },
  },
} as const;

export interface Asked {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, taken for what the test expects; `undefined` for one that is none. */
  readonly json: Body;
}

export interface AskedService {
  readonly handler: Handler;
  readonly store: CheckpointStore;
  /** What nobody but the operator was told. */
  readonly errors: readonly { readonly error: unknown; readonly id: string | undefined }[];
  /** Asks in Anna's name unless told; `method` and path as in `GET /v1/sessions`. */
  ask<Body = unknown>(request: string, asked?: Asked): Promise<Answer<Body>>;
  /** A session in which that was said, and answered. */
  talk(id: string, ...inputs: readonly string[]): Promise<void>;
}

/** A service without a server, which ends with the test. It answers `Hello.`, as often as it is asked. */
export function askedService(options: Partial<HandlerOptions> = {}, model: Model = greeter()): AskedService {
  const errors: { error: unknown; id: string | undefined }[] = [];
  const store = options.store ?? openMemoryStore();
  const handler = createHandler({
    agent: createAgent({ model }),
    auth: AUTH,
    onError: (error, id) => errors.push({ error, id }),
    ...options,
    store,
  });
  onTestFinished(async () => {
    await handler.close({ deadlineMs: 0 });
    await store.close();
  });

  async function ask<Body>(request: string, { token = ANNA, body, headers = {} }: Asked = {}): Promise<Answer<Body>> {
    const response = await handler(requestOf(request, { token, body, headers }));
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) as Body };
  }

  async function talk(id: string, ...inputs: readonly string[]): Promise<void> {
    for (const input of inputs) {
      const path = `POST /v1/sessions/${id}/runs?create=true`;
      const { status, json } = await ask<RunBody>(path, { body: { input }, headers: { prefer: 'wait=30' } });
      if (status !== 201 || json.outcome?.reason !== 'end-turn') throw new Error(`The run: ${JSON.stringify(json)}`);
    }
  }

  return { handler, store, errors, ask, talk };
}

export function requestOf(request: string, { token, body, headers = {} }: Asked): Request {
  const [method = '', path = ''] = request.split(' ', 2);
  return new Request(`http://service.test${path}`, {
    method,
    headers: {
      ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

/** A model that says the same to everything. */
export function greeter(): Model {
  return playedModel(...Array.from({ length: 1000 }, () => [{ text: 'Hello.' }]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
