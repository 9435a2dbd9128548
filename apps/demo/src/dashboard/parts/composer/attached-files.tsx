import { ACCEPTED, type Attachment } from './attachment.ts';
import type { Attachments } from './use-attachments.ts';

/** The files that go with the message, each with a way to leave it out. */
export function AttachedFiles({ attachments }: { readonly attachments: Attachments }) {
  const { files, remove } = attachments;
  if (files.length === 0) return null;
  return (
    <ul class="attachments" aria-label="Attached">
      {files.map((file, index) => (
        <li key={`${file.name}/${index}`}>
          <Preview file={file} />
          {file.name} <span class="quiet">{sizeText(file.size)}</span>
          <button type="button" class="button" aria-label={`Remove ${file.name}`} onClick={() => remove(index)}>
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

function Preview({ file: { mediaType, data } }: { readonly file: Attachment }) {
  return mediaType.startsWith('image/') ? <img src={`data:${mediaType};base64,${data}`} alt="" /> : null;
}

function sizeText(bytes: number): string {
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `${Math.max(1, Math.round(kilobytes))} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}

/** Where files are picked. */
export function AttachButton({ onPick }: { readonly onPick: (files: Iterable<File>) => void }) {
  return (
    <label class="button attach">
      Attach
      <input
        type="file"
        class="visually-hidden"
        multiple
        accept={ACCEPTED}
        onChange={(event) => {
          onPick(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}
