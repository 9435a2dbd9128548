import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface Modal {
  /** For the `<dialog>` that is to open. */
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly close: () => void;
}

/** A dialog that opens as soon as it is drawn, and keeps the reader from all else until it is closed. */
export function useModal(): Modal {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return { dialog, close: () => dialog.current?.close() };
}
