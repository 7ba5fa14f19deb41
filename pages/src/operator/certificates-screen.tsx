import { type ComponentChildren } from 'preact';

import { formatAge, formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { Empty } from '../shell/states';
import { Live } from './live';
import { type Certificate } from './shapes';
import { CertificateStatus } from './tones';

/** Certificates of vehicles and piles as they stand on the chain. */
export function CertificatesScreen(): ComponentChildren {
  const list = usePaged<Certificate>('/v1/certificates');
  return (
    <>
      <div class="tools">
        <CsvExport path="/v1/certificates" name="certificates" />
        <Live on={['block']} reload={list.reload} />
      </div>
      <PagedTable
        caption="Certificates on the certification chain; an id names nobody"
        list={list}
        keyOf={({ id }) => id}
        empty={
          <Empty title="No certificate yet">
            Providers register vehicles and piles; see their state in docs/registration.md.
          </Empty>
        }
        columns={[
          { title: 'Id', cell: ({ id }) => <code>{id}</code> },
          { title: 'Of a', cell: ({ role }) => role },
          { title: 'State', cell: ({ status }) => <CertificateStatus status={status} /> },
          { title: 'Expires', cell: ({ expiresAt }) => `${formatTime(expiresAt)}, ${untilText(expiresAt)}` },
          { title: 'Provider', cell: ({ provider }) => provider },
          { title: 'Version', isNumber: true, cell: ({ version }) => version },
        ]}
      />
    </>
  );
}

function untilText(time: string): string {
  const seconds = (Date.parse(time) - Date.now()) / 1000;
  return seconds > 0 ? `in ${formatAge(seconds)}` : `${formatAge(-seconds)} ago`;
}
