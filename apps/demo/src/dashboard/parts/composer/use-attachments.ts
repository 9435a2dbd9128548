import { useState } from 'preact/hooks';
import { asError } from '../../data/as-error.ts';
import { type Attachment, readAttachment } from './attachment.ts';

export interface Attachments {
  readonly files: readonly Attachment[];
  /** Whether a file is still being read. */
  readonly isReading: boolean;
  /** Why a file cannot go with the message, in words. */
  readonly refusals: readonly string[];
  readonly attach: (files: Iterable<File>) => void;
  readonly remove: (index: number) => void;
  readonly clear: () => void;
}

/** The files that are to go with a message, each read as soon as it is given. */
export function useAttachments(): Attachments {
  const [files, setFiles] = useState<readonly Attachment[]>([]);
  const [refusals, setRefusals] = useState<readonly string[]>([]);
  const [reading, setReading] = useState(0);
  const attach = (given: Iterable<File>) => {
    const all = [...given];
    if (all.length === 0) return;
    setRefusals([]);
    setReading((before) => before + all.length);
    for (const file of all) {
      readAttachment(file)
        .then(
          (read) => setFiles((before) => [...before, read]),
          (reason: unknown) => setRefusals((before) => [...before, asError(reason).message]),
        )
        .finally(() => setReading((before) => before - 1));
    }
  };
  return {
    files,
    isReading: reading > 0,
    refusals,
    attach,
    remove: (index) => setFiles((before) => before.filter((_, at) => at !== index)),
    clear: () => {
      setFiles([]);
      setRefusals([]);
    },
  };
}
