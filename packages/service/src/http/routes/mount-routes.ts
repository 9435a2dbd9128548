import type { App } from '../app.ts';
import type { HttpService } from '../service.ts';
import { mountAgents } from './agents.ts';
import { mountApprovals } from './approvals.ts';
import { mountCaller } from './caller.ts';
import { mountMessages } from './messages.ts';
import { mountRuns } from './runs.ts';
import { mountSessionMoney } from './session-money.ts';
import { mountSessions } from './sessions.ts';
import { mountSnapshots } from './snapshots.ts';
import { mountStatement } from './statement.ts';
import { mountTurns } from './turns.ts';
import { mountWhatIf } from './what-if.ts';

/** The service's own routes; all of them stand behind authentication. */
export function mountRoutes(app: App, service: HttpService): void {
  mountSessions(app, service);
  mountMessages(app, service);
  mountTurns(app, service);
  mountRuns(app, service);
  mountSnapshots(app, service);
  mountApprovals(app, service);
  mountSessionMoney(app, service);
  mountStatement(app, service);
  mountWhatIf(app, service);
  mountAgents(app, service);
  mountCaller(app);
}
