import type { ModelRequest } from '../request.ts';
import type { WarningEvent } from '../stream-event.ts';

type Asked = keyof ModelRequest | 'top_p' | 'top_k';

/** Something asked for was changed: the message says into what. */
export function adapted(field: Asked, message: string): WarningEvent {
  return { type: 'warning', code: `request/${field}-adapted`, message };
}

/** Something asked for was left out. */
export function ignored(field: Asked, message: string): WarningEvent {
  return { type: 'warning', code: `request/${field}-ignored`, message };
}
