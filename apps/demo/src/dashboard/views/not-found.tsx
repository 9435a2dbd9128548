/** Stands where an address leads nowhere. */
export function NotFound() {
  return (
    <section class="notice">
      <h1>There is nothing here</h1>
      <p>
        No view has this address. <a href="/">All sessions</a>
      </p>
    </section>
  );
}
