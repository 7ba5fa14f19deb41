import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { announce } from '../shell/announce';
import { send } from '../shell/api';
import { Confirm } from '../shell/confirm';
import { useLoaded } from '../shell/loading';
import { readAll } from '../shell/read-all';
import { href } from '../shell/route';
import { Empty, Ready } from '../shell/states';
import { type Access } from './api';
import { MOST_OPENINGS, type Opening } from './openings';

interface DisclosureProps {
  /** ID of the vehicle. */
  readonly subject: string;
  /** Of the sessions chosen. */
  readonly openings: readonly Opening[];
}

/** Shows sessions to a car maker the owner has named, or takes them all back: it reads those alone. */
export function DisclosurePanel(props: DisclosureProps): ComponentChildren {
  const { subject } = props;
  const loaded = useLoaded(`car makers of ${subject}`, (signal) => carMakersOf(subject, signal));
  return (
    <section class="panel" aria-labelledby="disclosure-title">
      <h2 id="disclosure-title">Show them to a car maker</h2>
      <Ready
        loaded={loaded}
        isEmpty={(parties) => parties.length === 0}
        empty={
          <Empty title="No car maker may read this vehicle’s charging">
            Grant it first, as a car maker, under <a href={href(['access'])}>Who has access</a>.
          </Empty>
        }
      >
        {(parties) => <Disclosure {...props} parties={parties} />}
      </Ready>
    </section>
  );
}

async function carMakersOf(subject: string, signal: AbortSignal): Promise<string[]> {
  const words = await readAll<Access>('/v1/owner/access', {}, signal);
  return words
    .filter((word) => word.grantedBy === 'owner' && word.subject === subject)
    .filter(({ kind, state, scopes }) => kind === 'carmaker' && state === 'inForce' && scopes.includes('charging'))
    .map(({ party }) => party);
}

function Disclosure({
  subject,
  openings,
  parties,
}: DisclosureProps & { readonly parties: readonly string[] }): ComponentChildren {
  const [party, setParty] = useState(parties[0] as string);
  const [asked, setAsked] = useState<'show' | 'conceal'>();
  const [shown, setShown] = useState<string>();
  const path = `/v1/owner/disclosures/${subject}/${encodeURIComponent(party)}`;
  const tell = (text: string): void => {
    setShown(text);
    announce(text);
  };
  const show = async (): Promise<void> => {
    let sessions = 0;
    for (let from = 0; from < openings.length; from += MOST_OPENINGS) {
      const body = { openings: openings.slice(from, from + MOST_OPENINGS) };
      ({ sessions } = await send<{ sessions: number }>(path, { method: 'PUT', body }));
    }
    tell(`${party} is shown ${countOf(sessions)} now.`);
  };
  const conceal = async (): Promise<void> => {
    await send(path, { method: 'DELETE' });
    tell(`${party} is shown no session now.`);
  };
  return (
    <>
      <div class="tools">
        <label>
          Car maker
          <select value={party} onChange={({ currentTarget }) => setParty(currentTarget.value)}>
            {parties.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <button type="button" disabled={openings.length === 0} onClick={() => setAsked('show')}>
          Show {countOf(openings.length)}
        </button>
        <button type="button" onClick={() => setAsked('conceal')}>
          Show it nothing any more
        </button>
      </div>
      {shown !== undefined && <p class="quiet">{shown}</p>}
      {asked === 'show' && (
        <Confirm
          title="Show these sessions?"
          action={`Show ${countOf(openings.length)}`}
          perform={show}
          close={() => setAsked(undefined)}
        >
          <p>
            <code>{party}</code> may read their times, energy and meter readings while you, your provider and the
            operator of the station permit it. Your provider keeps what opens them until you take it back, and so knows
            whose they are.
          </p>
        </Confirm>
      )}
      {asked === 'conceal' && (
        <Confirm
          title="Show nothing any more?"
          action="Take all back"
          perform={conceal}
          close={() => setAsked(undefined)}
        >
          <p>
            Your provider forgets what opens this vehicle’s sessions to <code>{party}</code>. What it has read it keeps.
          </p>
        </Confirm>
      )}
    </>
  );
}

const countOf = (sessions: number): string => `${sessions} ${sessions === 1 ? 'session' : 'sessions'}`;
