import type { ToolCallBlock, ToolResultBlock } from '@reprise/providers';
import type { JournaledCall } from '../recorder.ts';
import type { Tool } from '../tools/tool.ts';
import { errorResult, notRun } from '../tools/tool-result.ts';
import { OUTCOME_UNKNOWN } from './repair.ts';

/**
 * What the model is told of the calls of a turn that a session was rewound to together with its files. Pure.
 *
 * Files are back to before these calls, so one that changed files is undone, whatever its outcome was. One that did something else has
 * done that all the same: its outcome stays what it was.
 */
export function answerUndoneCalls(
  calls: readonly ToolCallBlock[],
  journal: ReadonlyMap<number, JournaledCall>,
  tools: readonly Tool[],
): readonly ToolResultBlock[] {
  return calls.map((call, position) => {
    const journaled = journal.get(position);
    if (!journaled) return notRun(call, 'the session was rewound to before this call.');
    const tool = tools.find(({ definition }) => definition.name === call.name);
    // Of a tool that is gone nobody knows what it changed; nothing that its outcome tells of can be relied on.
    if (!tool || tool.touchesFiles) return errorResult(call, 'Undone: the session was rewound to before this call.');
    return journaled.result ?? errorResult(call, OUTCOME_UNKNOWN);
  });
}
