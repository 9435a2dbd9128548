import { computed, signal } from '@preact/signals';
import { createClient, type ServiceClient } from '@reprise/service/client';
import { heedfulFetch, statusOf } from './unreachable.ts';

const KEY = 'reprise-token';

const token = signal<string | undefined>(sessionStorage.getItem(KEY) ?? undefined);

/** Whether the service has refused who asks: the page then asks for a token. */
export const needsToken = signal(false);

/** The service, as whoever has this token. The page comes from it, so it is where the page is. */
export const client = computed<ServiceClient>(() => clientOf(undefined));

/** The same service, for operators who read what is another tenant's; `*` for all. */
export function clientOf(tenant: string | undefined): ServiceClient {
  return createClient(location.origin, {
    fetch: heedfulFetch,
    // A page is there to be looked at: whoever waits for it wants to know soon that the service is back.
    patience: { maxDelayMs: 5000 },
    ...(token.value === undefined ? {} : { token: token.value }),
    ...(tenant === undefined ? {} : { tenant }),
  });
}

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
  const isRefused = statusOf(error) === 401;
  if (isRefused) needsToken.value = true;
  return isRefused;
}
