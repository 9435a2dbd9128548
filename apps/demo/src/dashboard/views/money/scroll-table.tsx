import type { ComponentChildren } from 'preact';

/** A table that scrolls where it has no room, by keyboard, too. Its caption is for screen readers. */
export function ScrollTable({ caption, children }: { readonly caption: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div class="scroll-table" tabIndex={0}>
      <table>
        <caption class="visually-hidden">{caption}</caption>
        {children}
      </table>
    </div>
  );
}
