import type { Terminal } from '../terminal/terminal.ts';
import type { ServePlan } from './serve-plan.ts';
import { SUGGESTIONS } from './trial/suggestions.ts';

/** Says where the service is, and what to type to see it work; `others` are agents beside the first. */
export function sayWhatToTry(
  { plan, terminal }: { readonly plan: ServePlan; readonly terminal: Terminal },
  { url, others }: { readonly url: string; readonly others: readonly string[] },
): void {
  const { paint } = terminal;
  const auth = plan.token === undefined ? '' : ' -H "authorization: Bearer $REPRISE_TOKEN"';
  const moon = `${url}/v1/sessions/moon`;
  terminal.line();
  terminal.line(`${paint.strong('Serving at')} ${paint.accent(url)} (open it in a browser)`);
  terminal.line(`  ${plan.folder}, asked with ${plan.model.name}${plan.model.isSimulated ? ' (simulated)' : ''}`);
  if (others.length > 0) terminal.line(`  Other agents: ${others.join(', ')}.`);
  terminal.line(`  ${placeText(plan)}`);
  terminal.line();
  terminal.line('Ask, and read along; Ctrl-C ends curl, and not the run:');
  terminal.line(`  curl -N${auth} '${moon}/runs?create=true' -H 'accept: text/event-stream' \\`);
  terminal.line(`    -H 'content-type: application/json' -d '{"input":"What is this folder about?"}'`);
  if (plan.model.isSimulated) {
    terminal.line('Say these to see what else there is:');
    for (const { say, shows } of SUGGESTIONS) terminal.line(`  ${say.padEnd(40)} ${shows}`);
  }
  terminal.line('See what was said, and what it cost:');
  terminal.line(`  curl -s${auth} ${moon}/messages`);
  terminal.line(`  curl -s${auth} ${moon}/statement`);
  terminal.line('Everything else it can do:');
  terminal.line(`  curl -s ${url}/openapi.json`);
  terminal.line();
}

function placeText({ place, workers }: ServePlan): string {
  if ('sqlite' in place) return `Sessions are kept in ${place.sqlite}.`;
  const where =
    place.postgres === 'temporary'
      ? 'a temporary PostgreSQL, which goes when this ends; --store postgres://… keeps them'
      : 'PostgreSQL';
  const who = workers > 0 ? ` ${workers} worker ${workers === 1 ? 'process does' : 'processes do'} the runs.` : '';
  return `Sessions are kept in ${where}.${who}`;
}
