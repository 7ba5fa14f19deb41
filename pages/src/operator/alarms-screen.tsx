import { type ComponentChildren } from 'preact';

import { useJson } from '../shell/loading';
import { Ready } from '../shell/states';
import { Status } from '../shell/status';
import { DataTable } from '../shell/table';
import { Live } from './live';
import { type Alarm, type All } from './shapes';

/** What is wrong now, at this centre and as gateways see it. */
export function AlarmsScreen(): ComponentChildren {
  const loaded = useJson<All<Alarm>>('/v1/alarms');
  return (
    <>
      <div class="tools">
        <button type="button" onClick={loaded.reload}>
          Look again
        </button>
        <Live on={['block']} reload={loaded.reload} />
      </div>
      <Ready loaded={loaded}>{({ items }) => <AlarmList alarms={items} />}</Ready>
    </>
  );
}

export function AlarmList({ alarms }: { alarms: readonly Alarm[] }): ComponentChildren {
  if (alarms.length === 0) {
    return (
      <div class="notice good">
        <p>
          <strong>No alarm.</strong> Nothing needs you now; this list renews itself.
        </p>
      </div>
    );
  }
  return (
    <DataTable
      caption="What is wrong now, and what to do"
      rows={alarms}
      keyOf={({ code, source, subject }) => `${code} ${source} ${subject}`}
      columns={[
        {
          title: 'Severity',
          cell: ({ severity }) => <Status tone={severity === 'critical' ? 'bad' : 'warn'}>{severity}</Status>,
        },
        { title: 'What', cell: ({ text, code }) => [`${text} `, <code key="code">{code}</code>] },
        { title: 'Where', cell: ({ source, subject }) => `${subject}, noticed by ${source}` },
        { title: 'What to do', cell: ({ action }) => action },
      ]}
    />
  );
}
