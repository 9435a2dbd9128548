// Runs a command without a word: `node run-quietly.mjs LABEL COMMAND`.
// If it takes longer than a second, says LABEL; if it fails, says everything the command said.

import { spawn } from 'node:child_process';

const [label, command] = process.argv.slice(2);

const child = spawn(`${command} 2>&1`, {
  shell: true,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
});
const output = [];
child.stdout.on('data', (chunk) => output.push(chunk));
const patience = setTimeout(() => process.stderr.write(`${label} …\n`), 1000);
child.on('close', (code) => {
  clearTimeout(patience);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  process.exitCode = code ?? 1;
});
