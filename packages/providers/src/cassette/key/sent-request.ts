/** A request about to be sent. */
export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The request as it would be sent, its body read. */
export async function readRequest(request: Request): Promise<SentRequest> {
  const body = new Uint8Array(await request.arrayBuffer());
  return { method: request.method, url: new URL(request.url), headers: request.headers, body };
}

/** What `fetch` takes to send a request as it came, although its body was read. */
export function sameRequest(
  { method, headers, body }: SentRequest,
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
): RequestInit {
  const redirect = input instanceof Request ? { redirect: input.redirect } : {};
  return { ...redirect, ...init, method, headers, body: body.length === 0 ? null : body };
}
