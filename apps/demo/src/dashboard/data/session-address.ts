/** Where a session is shown. */
export function sessionAddress(id: string): string {
  return `/sessions/${encodeURIComponent(id)}`;
}
