import './composer.css';
import type { BusyChoice, InputBlock } from '@reprise/service/client';
import { useRef, useState } from 'preact/hooks';
import { asError } from '../../data/as-error.ts';
import { AttachButton, AttachedFiles } from './attached-files.tsx';
import { blocksOf } from './attachment.ts';
import { BusyPicker } from './busy-picker.tsx';
import { useAttachments } from './use-attachments.ts';
import { useDraft } from './use-draft.ts';

export interface ComposerProps {
  /** Under which what was not sent yet is kept. */
  readonly draft: string;
  /** Whether a run is going: then a message can steer it. */
  readonly isRunning?: boolean;
  /** What one could say, shown as long as nothing is written. */
  readonly suggestions?: readonly { readonly say: string; readonly shows: string }[];
  /** Rejects if it could not be sent; the text then stays. */
  readonly onSend: (content: readonly InputBlock[], onBusy: BusyChoice) => Promise<void>;
  readonly onStop?: () => Promise<void>;
}

/** Where a message is written: Enter sends it, Shift and Enter break the line; files are dropped, pasted or picked. */
export function Composer({ draft, isRunning = false, suggestions = [], onSend, onStop }: ComposerProps) {
  const [text, setText] = useDraft(draft);
  const attachments = useAttachments();
  const { files, isReading, refusals, attach } = attachments;
  const [onBusy, setOnBusy] = useState<BusyChoice>('steer');
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const isEmpty = text.trim() === '' && files.length === 0;
  const failed = (reason: unknown) => setError(asError(reason).message);
  const send = async () => {
    if (isEmpty || isSending || isReading) return;
    setSending(true);
    setError(undefined);
    try {
      await onSend(blocksOf(text, files), isRunning ? onBusy : 'queue');
      setText('');
      attachments.clear();
    } catch (reason) {
      failed(reason);
    } finally {
      setSending(false);
    }
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        attach(event.dataTransfer?.files ?? []);
      }}
    >
      {[...(error === undefined ? [] : [error]), ...refusals].map((words) => (
        <p key={words} role="alert">
          {words}
        </p>
      ))}
      {isEmpty && suggestions.length > 0 && (
        <Suggestions
          suggestions={suggestions}
          onPick={(say) => {
            setText(say);
            field.current?.focus();
          }}
        />
      )}
      <AttachedFiles attachments={attachments} />
      <label>
        <span class="visually-hidden">Message</span>
        <textarea
          ref={field}
          rows={2}
          placeholder={isRunning ? 'Say something to the run' : 'Message'}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onPaste={(event) => attach(event.clipboardData?.files ?? [])}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void send();
          }}
        />
      </label>
      <div class="composer-buttons">
        <AttachButton onPick={attach} />
        {isRunning && <BusyPicker value={onBusy} onPick={setOnBusy} />}
        {isRunning && onStop && (
          <button type="button" class="button is-danger" onClick={() => void onStop().catch(failed)}>
            Stop
          </button>
        )}
        <button type="submit" class="button is-primary" disabled={isEmpty || isSending || isReading}>
          {isSending ? 'Sending …' : 'Send'}
        </button>
      </div>
    </form>
  );
}

function Suggestions({
  suggestions,
  onPick,
}: {
  readonly suggestions: NonNullable<ComposerProps['suggestions']>;
  readonly onPick: (say: string) => void;
}) {
  return (
    <ul class="suggestions" aria-label="What you could say">
      {suggestions.map(({ say, shows }) => (
        <li key={say}>
          <button type="button" class="button" onClick={() => onPick(say)}>
            {say} <small class="quiet">{shows}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
