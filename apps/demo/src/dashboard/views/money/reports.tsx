import type { ReportQuery, ServiceClient } from '@reprise/service/client';
import { useState } from 'preact/hooks';
import { asError } from '../../data/as-error.ts';

/** The selection as a file: CSV for a sheet, HTML for people. */
export function Reports({
  service,
  query,
}: {
  readonly service: ServiceClient;
  readonly query: Omit<ReportQuery, 'signal' | 'type'>;
}) {
  const [error, setError] = useState<string>();
  const [isSaving, setSaving] = useState(false);
  const save = async (type: ReportQuery['type'], name: string) => {
    setError(undefined);
    setSaving(true);
    try {
      const response = await service.report({ ...query, type });
      download(await response.blob(), name);
    } catch (failure) {
      setError(asError(failure).message);
    } finally {
      setSaving(false);
    }
  };
  return (
    <p class="reports">
      <button type="button" class="button" disabled={isSaving} onClick={() => void save('text/csv', 'statement.csv')}>
        CSV
      </button>
      <button type="button" class="button" disabled={isSaving} onClick={() => void save('text/html', 'statement.html')}>
        HTML report
      </button>
      {error && <span role="alert">{error}</span>}
    </p>
  );
}

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
