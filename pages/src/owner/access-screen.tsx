import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { type OwnerSigner } from '../keys/key-file';
import { announce } from '../shell/announce';
import { Confirm } from '../shell/confirm';
import { formatTime } from '../shell/format';
import { PagedTable } from '../shell/list';
import { type PagedList, usePaged } from '../shell/loading';
import { Empty } from '../shell/states';
import { Identifier, Status, type Tone } from '../shell/status';
import { type Access } from './api';
import { bringWord } from './bring-word';
import { GrantForm } from './grant-form';
import { type OwnerContext, OwnerScreen } from './owner-key';

/** Who may read one's data or drive, by whose word; one click takes one's own word back. */
export function AccessScreen(): ComponentChildren {
  return <OwnerScreen>{(context) => <AccessList {...context} />}</OwnerScreen>;
}

function AccessList(context: OwnerContext): ComponentChildren {
  const { owner, key } = context;
  const list = usePaged<Access>('/v1/owner/access');
  const [revoking, setRevoking] = useState<Access>();
  const [keyless, setKeyless] = useState<Access>();
  const revoke = (access: Access): void => {
    const isOwn = key?.subject === access.subject;
    setKeyless(isOwn ? undefined : access);
    setRevoking(isOwn ? access : undefined);
  };
  return (
    <>
      {keyless && (
        <div class="notice warn" role="alert">
          <p>
            Choose the key file of vehicle <Identifier value={keyless.subject} /> above: your word is taken back by your
            signature alone.
          </p>
        </div>
      )}
      <AccessTable list={list} revoke={revoke} isProven={owner.vehicles.length > 0} />
      {key && <GrantForm owner={owner} signer={key} done={list.reload} />}
      {key && revoking && (
        <RevokeDialog
          owner={owner}
          signer={key}
          access={revoking}
          done={list.reload}
          close={() => setRevoking(undefined)}
        />
      )}
    </>
  );
}

const STATES: Readonly<Record<Access['state'], readonly [Tone, string]>> = {
  inForce: ['good', 'in force'],
  ended: ['plain', 'ended'],
  withdrawn: ['plain', 'withdrawn'],
};
const KINDS: Readonly<Record<NonNullable<Access['kind']>, string>> = {
  thirdParty: 'a third party',
  driver: 'a driver',
  carmaker: 'a car maker',
};

interface AccessTableProps {
  readonly list: PagedList<Access>;
  readonly revoke: (access: Access) => void;
  readonly isProven: boolean;
}

function AccessTable({ list, revoke, isProven }: AccessTableProps): ComponentChildren {
  return (
    <PagedTable
      caption="Who has, or had, access"
      list={list}
      keyOf={({ subject, party, grantedBy, name }) => `${subject} ${party} ${grantedBy} ${name}`}
      empty={
        <Empty title="Nobody has access">
          {isProven
            ? 'Nobody but you reads your data. Choose your key file to grant access.'
            : 'Choose your key file and prove that a vehicle is yours: what was granted shows here.'}
        </Empty>
      }
      columns={[
        { title: 'Who', cell: ({ party }) => <Identifier value={party} length={24} /> },
        { title: 'As', cell: ({ kind }) => (kind === null ? '' : KINDS[kind]) },
        { title: 'May', cell: ({ scopes }) => scopes.join(', ') },
        { title: 'Vehicle', cell: ({ subject }) => (subject === '*' ? 'all' : <Identifier value={subject} />) },
        {
          title: 'By the word of',
          cell: ({ grantedBy, name }) => (grantedBy === 'owner' ? 'you' : `${grantedBy} ${name}`),
        },
        { title: 'Until', cell: ({ until }) => (until === null ? '' : formatTime(until)) },
        { title: 'State', cell: ({ state }) => <Status tone={STATES[state][0]}>{STATES[state][1]}</Status> },
        {
          title: 'Take back',
          cell: (access) =>
            access.grantedBy === 'owner' && access.state === 'inForce' ? (
              <button type="button" aria-label={`Revoke ${access.party}`} onClick={() => revoke(access)}>
                Revoke
              </button>
            ) : null,
        },
      ]}
    />
  );
}

interface RevokeDialogProps {
  readonly owner: OwnerContext['owner'];
  readonly signer: OwnerSigner;
  readonly access: Access;
  readonly done: () => void;
  readonly close: () => void;
}

function RevokeDialog({ owner, signer, access, done, close }: RevokeDialogProps): ComponentChildren {
  const { party, scopes } = access;
  const revoke = async (): Promise<void> => {
    const version = Math.max(Date.now(), access.version + 1);
    await bringWord(signer.withdraw(owner.ctx, { party, version }));
    announce(`${party} has no access any more`);
    done();
  };
  return (
    <Confirm title="Revoke access?" action="Revoke" perform={revoke} close={close}>
      <p>
        <code>{party}</code> loses {scopes.join(', ')} at once, on both chains. This cannot be undone; you can only
        grant access anew. What it has read it keeps.
      </p>
    </Confirm>
  );
}
