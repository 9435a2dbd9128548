import type { Reply, ReplyParts, ScriptRequest } from '@reprise/simulator';
import { currentInquiry, type Step } from '../../librarian/inquiry.ts';
import { scriptedLibrarian } from '../../librarian/scripted-librarian.ts';

/** Something that the simulated model is asked to do for show. */
interface Trial {
  readonly asked: RegExp;
  readonly thinking: string;
  /** The call that does it; `text` is what follows the words that asked for it. */
  readonly call: (text: string) => { readonly name: string; readonly arguments: Readonly<Record<string, string>> };
  readonly done: string;
  readonly failed: string;
}

const TRIALS: readonly Trial[] = [
  {
    asked: /^draw\b/i,
    thinking: 'They want to see something. A chart of the files says more than a list of numbers.',
    call: () => ({ name: 'draw_lengths', arguments: {} }),
    done: 'The longest bar is the longest file.',
    failed: 'The picture could not be drawn.',
  },
  {
    asked: /^read a file that is missing/i,
    thinking: 'No file of that name was listed, so this may well fail. I will see what the tool says.',
    call: () => ({ name: 'read_file', arguments: { path: 'there-is-no-such-file.md' } }),
    done: 'There was such a file after all.',
    failed: 'As I thought: the tool failed, and told me why. I go on without it.',
  },
  {
    asked: /^note down\b[:\s]*/i,
    thinking: 'A note is kept, so somebody has to agree first.',
    call: (text) => ({ name: 'note_down', arguments: { text: text === '' ? 'nothing in particular' : text } }),
    done: 'It is noted.',
    failed: 'It is not noted: nobody agreed.',
  },
];

/** The scripted librarian, who thinks aloud, and does for show what `SUGGESTIONS` names. */
export function trialScript(request: Pick<ScriptRequest, 'messages'>): Reply {
  const { question, steps } = currentInquiry(request.messages);
  const trial = TRIALS.find(({ asked }) => asked.test(question));
  if (trial) return played(trial, question, steps);
  const reply = scriptedLibrarian(request);
  const parts: ReplyParts = typeof reply === 'string' ? { text: reply } : reply;
  return { thinking: thought(steps), ...parts };
}

function played({ asked, thinking, call, done, failed }: Trial, question: string, steps: readonly Step[]): ReplyParts {
  const asking = call(question.replace(asked, '').trim());
  const step = steps.find(({ tool }) => tool === asking.name);
  if (!step) return { thinking, toolCalls: [asking] };
  return { text: step.result === undefined ? failed : done };
}

function thought(steps: readonly Step[]): string {
  const last = steps.at(-1);
  if (!last) return 'I should not guess: what the files say is what counts. First I look at what there is.';
  return last.result === undefined
    ? `${last.tool} failed. There may be another way.`
    : `${last.tool} has told me ${last.result.split('\n').length} lines. Is that enough for an answer?`;
}
