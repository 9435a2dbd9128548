/** What a line of a Claude Code transcript may be given; the rest is as in any. */
export interface GivenLine {
  readonly id?: string;
  readonly request?: string;
  /** Seconds after the first of November 2026. */
  readonly second?: number;
  readonly output?: number;
  readonly model?: string;
  readonly session?: string;
  readonly content?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  /** Further fields of the line itself. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export const FIRST_OF_NOVEMBER: number = Date.UTC(2026, 10, 1);

/** One line of a response, with the usage of a finished stream. */
export function responseLine(given: GivenLine = {}): string {
  const { id = 'msg_1', model = 'claude-opus-4-6', content = 'hi', output = 10 } = given;
  const usage = {
    input_tokens: 3,
    cache_creation_input_tokens: 30,
    cache_read_input_tokens: 500,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    output_tokens: output,
    server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 },
    service_tier: 'standard',
    ...given.usage,
  };
  const message = { model, id, type: 'message', role: 'assistant', content: [{ type: 'text', text: content }] };
  return JSON.stringify({
    ...lineFields('assistant', given),
    message: { ...message, stop_reason: null, usage },
    requestId: given.request ?? `req_of_${id}`,
    ...given.fields,
  });
}

/** The usage of a response's first lines, before the stream has ended: no tools of the vendor's in it. */
export const BEGUN: NonNullable<GivenLine['usage']> = { server_tool_use: undefined, output_tokens: 1 };

/** A line that is no response. */
export function questionLine(given: GivenLine = {}): string {
  const message = { role: 'user', content: given.content ?? 'what is in "usage": {"input_tokens": 3}?' };
  return JSON.stringify({ ...lineFields('user', given), message, ...given.fields });
}

/** The line at which a session went on from a summary of itself. */
export function compactionLine(given: GivenLine = {}): string {
  const compactMetadata = { trigger: 'auto', preTokens: 167_094 };
  return JSON.stringify({ ...lineFields('system', given), subtype: 'compact_boundary', compactMetadata });
}

function lineFields(type: string, { session = 'session-1', second = 0 }: GivenLine): Readonly<Record<string, unknown>> {
  return {
    parentUuid: null,
    isSidechain: false,
    sessionId: session,
    version: '2.1.39',
    type,
    uuid: `${type}-${second}`,
    timestamp: new Date(FIRST_OF_NOVEMBER + second * 1000).toISOString(),
  };
}
