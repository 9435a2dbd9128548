import type { QuestionStart, SessionMessage, ToolEnd, TurnEnd } from '../session/protocol.ts';
import { countOf, formatBytes, formatCount } from './numbers.ts';
import type { Terminal } from './terminal.ts';
import { createTextFlow, printable, type TextFlow, wrapText } from './text-flow.ts';

/** A session as one reads along. */
export interface SessionLog {
  show(message: SessionMessage): void;
  /** Ends a line that a process has left unfinished. */
  end(): void;
}

const INDENT = 9;
const MARGIN = ' '.repeat(INDENT);

export function createSessionLog(terminal: Terminal, questionCount: number): SessionLog {
  const { paint, width } = terminal;
  let turnNumber = 1;
  let questionNumber = 0;
  let isLabelled = false;
  let flow: TextFlow | undefined;
  let call = '';

  function show(message: SessionMessage): void {
    switch (message.type) {
      case 'opened':
        end();
        turnNumber = message.totals.turns + 1;
        break;
      case 'question-start':
        startQuestion(message);
        break;
      case 'text':
        showText(message.text);
        break;
      case 'warning':
        note(`warning: ${message.message}`);
        break;
      case 'turn-end':
        endTurn(message);
        break;
      case 'tool-start':
        call = `${message.name} ${message.argumentsText || '{}'}`;
        terminal.waitFor(`${message.name} is running`);
        break;
      case 'tool-end':
        endTool(message);
        break;
      case 'question-end':
        if (message.reason !== 'end-turn') note(`(ended: ${message.reason})`);
        break;
      case 'ended':
      case 'failed':
        end();
    }
  }

  function startQuestion({ text, isNew }: QuestionStart): void {
    end();
    if (isNew) questionNumber += 1;
    const label = isNew ? `Question ${questionNumber} of ${questionCount}` : 'Still open';
    terminal.line();
    terminal.line(paint.strong(wrapText(`${label}: ${text}`, { width, indent: 0 })));
    terminal.waitFor('waiting for the model');
  }

  function showText(text: string): void {
    if (!flow) {
      label();
      flow = createTextFlow({ width, indent: INDENT, write: terminal.write });
    }
    flow.push(text);
  }

  function label(): void {
    if (isLabelled) return;
    isLabelled = true;
    terminal.endLine();
    terminal.write(paint.accent(`turn ${turnNumber}`.padEnd(INDENT)));
  }

  function endTurn({ number, read, written, fresh, output }: TurnEnd): void {
    label();
    endText();
    const counts = Object.entries({ read, written, fresh, output });
    const isSilent = counts.every(([, count]) => count === 'not-reported');
    const text = counts.map(([name, count]) => `${name} ${formatCount(count)}`).join(' · ');
    // A turn without a word has its counts beside its label.
    terminal.write(`${paint.muted(isSilent ? 'no token counts reported' : text)}\n`);
    turnNumber = number + 1;
    isLabelled = false;
  }

  function endText(): void {
    if (!flow) return;
    flow.end();
    flow = undefined;
    terminal.endLine();
    terminal.write(MARGIN);
  }

  function endTool({ lineCount, byteCount, error }: ToolEnd): void {
    const result = error === undefined ? ` → ${countOf(lineCount, 'line')}, ${formatBytes(byteCount)}` : ` ✗ ${error}`;
    const room = Math.max(20, width - INDENT - result.length);
    const text = printable(`${shortened(call, room)}${shortened(result, width)}`).replaceAll('\n', ' ');
    terminal.line(`${MARGIN}${error === undefined ? text : paint.bad(text)}`);
    terminal.waitFor('waiting for the model');
  }

  function note(text: string): void {
    end();
    terminal.line(`${MARGIN}${paint.muted(wrapText(text, { width, indent: INDENT }))}`);
  }

  function end(): void {
    flow?.end();
    flow = undefined;
    isLabelled = false;
    terminal.endLine();
  }

  return { show, end };
}

function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
