import type { ReportQuery, ServiceClient } from '@reprise/service/client';
import { useCarriedOut } from '../../parts/use-carried-out.ts';

/** The selection as a file: CSV for a sheet, HTML for people. */
export function Reports({
  service,
  query,
}: {
  readonly service: ServiceClient;
  readonly query: Omit<ReportQuery, 'signal' | 'type'>;
}) {
  const { error, isBusy, carryOut } = useCarriedOut();
  const save = (type: ReportQuery['type'], name: string) =>
    carryOut(async () => {
      const response = await service.report({ ...query, type });
      download(await response.blob(), name);
    });
  return (
    <p class="reports">
      <button type="button" class="button" disabled={isBusy} onClick={() => void save('text/csv', 'statement.csv')}>
        CSV
      </button>
      <button type="button" class="button" disabled={isBusy} onClick={() => void save('text/html', 'statement.html')}>
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
