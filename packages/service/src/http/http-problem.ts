/** Codes that the service itself refuses a request with; those of the store and the agent stand beside them. */
export type ProblemCode =
  | 'service/body-too-large'
  | 'service/budget-spent'
  | 'service/foreign-origin'
  | 'service/forbidden'
  | 'service/idempotency-mismatch'
  | 'service/internal'
  | 'service/invalid-request'
  | 'service/message-too-long'
  | 'service/method-not-allowed'
  | 'service/not-acceptable'
  | 'service/not-found'
  | 'service/slow-request'
  | 'service/stopping'
  | 'service/too-many-runs'
  | 'service/too-many-sessions'
  | 'service/unauthorized'
  | 'service/unavailable'
  | 'service/unknown-agent'
  | 'service/unsupported-media-type'
  | `${'agent' | 'audit' | 'checkpoint' | 'provider'}/${string}`;

export interface ProblemDetails {
  readonly status: number;
  readonly code: ProblemCode;
  /** What went wrong and what to do, for whoever sent the request. */
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
}

/** A request that is refused: thrown by whoever finds out, and answered in one place. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly details: ProblemDetails;

  constructor(details: ProblemDetails, options?: { readonly cause?: unknown }) {
    super(details.detail, options);
    this.details = details;
  }
}

export function sessionMissing(id: string): HttpProblem {
  return new HttpProblem({
    status: 404,
    code: 'checkpoint/session-missing',
    detail: `There is no session '${id}', or none any more.`,
  });
}

export function runMissing(id: string): HttpProblem {
  const detail = `There is no run '${id}' in this session, or none any more: runs are kept for a while after their end.`;
  return new HttpProblem({ status: 404, code: 'checkpoint/run-missing', detail });
}

export function snapshotMissing(id: string): HttpProblem {
  const detail = `This session and its branch have no snapshot '${id}'.`;
  return new HttpProblem({ status: 404, code: 'checkpoint/snapshot-missing', detail });
}

export function invalidRequest(detail: string, status: 400 | 422 = 400): HttpProblem {
  return new HttpProblem({ status, code: 'service/invalid-request', detail });
}
