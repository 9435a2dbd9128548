import type { OnBusy } from '@reprise/agent';
import type { UserMessage } from '@reprise/providers';

/** What a run is to do: kept with the run as JSON, for whichever worker takes it up. */
export interface RunRequest {
  /** Absent: go on from where the conversation stopped. */
  readonly input?: UserMessage;
  /** The agent that is to do it, by its name in the service. */
  readonly agent: string;
  /** What to do while another run has the session. Default `queue`. */
  readonly onBusy?: OnBusy;
}

/** What `JSON.stringify` made of a request. */
export function readRunRequest(text: string): RunRequest {
  // Only this service writes requests.
  return JSON.parse(text) as RunRequest;
}
