import { hasCode } from './errors.ts';

/** Whether a run was aborted so that it goes on elsewhere; see `SendOptions.signal`. What is not finished then stays as a crash would leave it. */
export function isHandedOver({ aborted, reason }: AbortSignal): boolean {
  return aborted && hasCode(reason, 'agent/handed-over');
}
