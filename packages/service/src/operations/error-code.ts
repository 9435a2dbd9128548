/** The code of an error of ours, such as `checkpoint/unavailable`; `other` for any other, so that there are no more than we have made. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && /^(agent|audit|checkpoint|provider|service)\/[a-z-]{1,40}$/.test(code)
    ? code
    : 'other';
}
