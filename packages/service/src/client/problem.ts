/** What a service said instead of an answer, as a problem document (RFC 9457) or otherwise; or that it could not be reached. */
export class ServiceProblem extends Error {
  override readonly name = 'ServiceProblem';
  /** Such as `checkpoint/session-missing`; `client/unreachable` and `client/bad-answer` are of this side. Branch on this. */
  readonly code: string;
  /** The HTTP status; absent where no answer came. */
  readonly status: number | undefined;
  /** When it is worth trying again, if the service said so. */
  readonly retryAfterMs: number | undefined;
  /** The document with all its fields. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(message: string, details: ProblemDetails, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = details.code;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.problem = details.problem ?? {};
  }
}

export interface ProblemDetails {
  readonly code: string;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly problem?: Readonly<Record<string, unknown>>;
}

/** The problem that an answer with a status of 400 or more is. Never rejects. */
export async function problemOf(response: Response): Promise<ServiceProblem> {
  const { status } = response;
  const problem = await documentOf(response);
  const said = [problem['detail'], problem['title']].find((each) => typeof each === 'string' && each !== '');
  const code = typeof problem['code'] === 'string' ? problem['code'] : `http/${status}`;
  const message = typeof said === 'string' ? said : `The service answered with status ${status}.`;
  return new ServiceProblem(message, { code, status, retryAfterMs: retryAfterMs(response), problem });
}

/** The problem that no answer is. */
export function unreachable(what: string, cause: unknown): ServiceProblem {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ServiceProblem(`${what}: ${why}`, { code: 'client/unreachable' }, { cause });
}

/** Whether the same request may be answered if it is sent again: nobody was there, or only for now. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ServiceProblem)) return false;
  return error.status === undefined ? error.code === 'client/unreachable' : PASSING.has(error.status);
}

const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

async function documentOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfterMs({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
