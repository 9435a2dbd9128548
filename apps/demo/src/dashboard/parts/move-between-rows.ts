/**
 * Has the arrow keys move the focus to the row above or beneath: to what the selector finds in it. Rows stand beside each other and carry
 * their `data-index`.
 */
export function moveBetweenRows(event: KeyboardEvent, selector: string): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !(event.target instanceof Element)) return;
  const row = event.target.closest('[data-index]');
  const index = Number(row?.getAttribute('data-index') ?? -1) + step;
  const next = row?.parentElement?.querySelector<HTMLElement>(`[data-index="${index}"] ${selector}`);
  if (!next) return;
  event.preventDefault();
  next.focus();
}
