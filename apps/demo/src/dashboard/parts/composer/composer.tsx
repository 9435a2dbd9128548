import './composer.css';
import type { BusyChoice, InputBlock } from '@reprise/service/client';
import { useRef, useState } from 'preact/hooks';
import { ACCEPTED, type Attachment, blocksOf, readAttachment } from './attachment.ts';
import { useDraft } from './use-draft.ts';

const CHOICES: readonly { readonly value: BusyChoice; readonly name: string }[] = [
  { value: 'steer', name: 'Steer: read before its next request' },
  { value: 'queue', name: 'Queue: answered when it has ended' },
  { value: 'interrupt', name: 'Interrupt: answered at once' },
];

export interface ComposerProps {
  /** Under which what was not sent yet is kept. */
  readonly draft: string;
  /** Whether a run is going: then a message can steer it. */
  readonly isRunning?: boolean;
  /** Rejects if it could not be sent; the text then stays. */
  readonly onSend: (content: readonly InputBlock[], onBusy: BusyChoice) => Promise<void>;
  readonly onStop?: () => Promise<void>;
}

/** Where a message is written: Enter sends it, Shift and Enter break the line; files are dropped, pasted or picked. */
export function Composer({ draft, isRunning = false, onSend, onStop }: ComposerProps) {
  const [text, setText] = useDraft(draft);
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const [onBusy, setOnBusy] = useState<BusyChoice>('steer');
  const [isSending, setSending] = useState(false);
  const [error, setError] = useState<string>();
  const form = useRef<HTMLFormElement>(null);
  const isEmpty = text.trim() === '' && files.length === 0;
  const failed = (reason: unknown) => setError(reason instanceof Error ? reason.message : String(reason));
  const attach = (given: Iterable<File>) => {
    setError(undefined);
    for (const file of given) readAttachment(file).then((read) => setFiles((before) => [...before, read]), failed);
  };
  const send = async () => {
    if (isEmpty || isSending) return;
    setSending(true);
    setError(undefined);
    try {
      await onSend(blocksOf(text, files), isRunning ? onBusy : 'queue');
      setText('');
      setFiles([]);
    } catch (reason) {
      failed(reason);
    } finally {
      setSending(false);
    }
  };
  return (
    <form
      ref={form}
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
      {error && <p role="alert">{error}</p>}
      <Attachments files={files} onRemove={(index) => setFiles(files.filter((_, at) => at !== index))} />
      <label>
        <span class="visually-hidden">Message</span>
        <textarea
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
        <label class="button attach">
          Attach
          <input
            type="file"
            class="visually-hidden"
            multiple
            accept={ACCEPTED}
            onChange={(event) => {
              attach(event.currentTarget.files ?? []);
              event.currentTarget.value = '';
            }}
          />
        </label>
        {isRunning && <BusyPicker value={onBusy} onPick={setOnBusy} />}
        {isRunning && onStop && (
          <button type="button" class="button is-danger" onClick={() => void onStop().catch(failed)}>
            Stop
          </button>
        )}
        <button type="submit" class="button is-primary" disabled={isEmpty || isSending}>
          {isSending ? 'Sending …' : 'Send'}
        </button>
      </div>
    </form>
  );
}

function BusyPicker({ value, onPick }: { readonly value: BusyChoice; readonly onPick: (value: BusyChoice) => void }) {
  return (
    <label class="busy">
      <span class="visually-hidden">While a run is going</span>
      <select
        value={value}
        onChange={(event) =>
          onPick(CHOICES.find((choice) => choice.value === event.currentTarget.value)?.value ?? 'steer')
        }
      >
        {CHOICES.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Attachments({
  files,
  onRemove,
}: {
  readonly files: readonly Attachment[];
  readonly onRemove: (index: number) => void;
}) {
  if (files.length === 0) return null;
  return (
    <ul class="attachments">
      {files.map(({ name, size }, index) => (
        <li key={`${name}/${size}`}>
          {name} <span class="quiet">{Math.max(1, Math.round(size / 1024))} KB</span>
          <button type="button" class="button" aria-label={`Remove ${name}`} onClick={() => onRemove(index)}>
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}
