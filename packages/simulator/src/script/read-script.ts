import { readRulesFile } from '../json-rules.ts';
import type { Script } from './script.ts';
import { checkScriptRules, parseScriptRules, type ScriptRule, scriptFromRules } from './script-rules.ts';

/** What the assistant says: a function, rules, or the path of a JSON file of rules, which is read once. */
export type ScriptSource = Script | readonly ScriptRule[] | string;

/** Throws a `TypeError` for what is no script, and for the first field of a rule that is not as it should be. */
export function readScript(source: ScriptSource): Script {
  if (typeof source === 'function') return source;
  if (typeof source === 'string') return scriptFromRules(parseScriptRules(readRulesFile(source, 'script rules')));
  if (Array.isArray(source)) return scriptFromRules(checkScriptRules(source));
  const given = source === undefined || source === null ? String(source) : `a ${typeof source}`;
  throw new TypeError(
    `\`script\` is ${given}; expected a function, a list of rules, or the path of a JSON file of rules.`,
  );
}
