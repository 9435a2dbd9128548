import type { App } from '../http/app.ts';
import type { HttpService } from '../http/service.ts';
import { mountAgUi } from './ag-ui/mount-ag-ui.ts';
import { mountAiSdk } from './ai-sdk/mount-ai-sdk.ts';

/** The same runs for clients of other projects: the AI SDK's `useChat`, and AG-UI. */
export function mountDialects(app: App, service: HttpService): void {
  mountAiSdk(app, service);
  mountAgUi(app, service);
}
