#!/usr/bin/env node
import { WORKER_PROCESS } from './serve/fleet/protocol.ts';
import { SESSION_PROCESS } from './session/protocol.ts';

// The demo runs its session in a second process of its own, so that it can be killed.
if (process.send && process.argv[2] === SESSION_PROCESS) {
  await (await import('./session/session-process.ts')).serveSession();
} else if (process.send && process.argv[2] === WORKER_PROCESS) {
  await (await import('./serve/fleet/worker-process.ts')).serveRuns();
} else {
  process.exitCode = await (await import('./command-line.ts')).runCommandLine(process.argv);
}
