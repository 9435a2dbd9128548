import type { ComponentChildren } from 'preact';

/** What stands where there is nothing to show yet, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <section class="notice">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** What went wrong, in the service's words, and a way to try again. */
export function Failure({
  error,
  onRetry,
  isView = false,
}: {
  readonly error: Error;
  readonly onRetry?: () => void;
  /** Whether it stands in place of a whole view. */
  readonly isView?: boolean;
}) {
  const Heading = isView ? 'h1' : 'h2';
  return (
    <section class="notice is-danger" role="alert">
      <Heading>That did not work</Heading>
      <p>{error.message}</p>
      {onRetry && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </section>
  );
}

/** Stands where something has not come yet. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="notice quiet" role="status">
      Loading {what} …
    </p>
  );
}
