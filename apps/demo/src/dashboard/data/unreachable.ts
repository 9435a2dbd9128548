import { signal } from '@preact/signals';

/** Whether nobody has answered the last request to the service. It is asked again all the while. */
export const isUnreachable = signal(false);

/** What stands between the page and the service says that nobody is behind it. */
const NOBODY: ReadonlySet<number> = new Set([502, 503, 504]);

/** The browser's own, which takes note of whether anybody answers. */
export const heedfulFetch: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init);
    isUnreachable.value = NOBODY.has(response.status);
    return response;
  } catch (error) {
    const isLeft = error instanceof DOMException && error.name === 'AbortError';
    if (!isLeft) isUnreachable.value = true;
    throw error;
  }
};

/** The HTTP status of what the service has said; `undefined` where it has not answered. */
export function statusOf(error: unknown): number | undefined {
  const status: unknown = error instanceof Error ? Reflect.get(error, 'status') : undefined;
  return typeof status === 'number' ? status : undefined;
}
