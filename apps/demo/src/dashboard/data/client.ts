import { computed, signal } from '@preact/signals';
import { createClient, type ServiceClient } from '@reprise/service/client';

const KEY = 'reprise-token';

const token = signal<string | undefined>(sessionStorage.getItem(KEY) ?? undefined);

/** Whether the service has refused who asks: the page then asks for a token. */
export const needsToken = signal(false);

/** The service, as whoever has this token. The page comes from it, so it is where the page is. */
export const client = computed<ServiceClient>(() =>
  createClient(location.origin, token.value === undefined ? {} : { token: token.value }),
);

/** Whether a token was given: where one is needed all the same, it was refused. */
export const hasToken = computed(() => token.value !== undefined);

/** Takes a token for as long as the tab is open. */
export function takeToken(given: string): void {
  sessionStorage.setItem(KEY, given);
  token.value = given;
  needsToken.value = false;
}

/** Whether the error says that the token is missing, wrong or expired; the page then asks for another one. */
export function heedRefusal(error: unknown): boolean {
  const isRefused = error instanceof Error && Reflect.get(error, 'status') === 401;
  if (isRefused) needsToken.value = true;
  return isRefused;
}
