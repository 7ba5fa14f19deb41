import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { type OwnerSigner } from '../keys/key-file';
import { GRANTEE_KINDS, type GranteeKind, type Scope, SCOPES } from '../keys/statements';
import { announce } from '../shell/announce';
import { Confirm } from '../shell/confirm';
import { type ProviderOwner } from './api';
import { bringWord } from './bring-word';

const PARTY = '(key:[0-9a-f]{32}|[A-Za-z0-9][A-Za-z0-9._\\-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._@\\-]{0,127})?)';
const KINDS: Readonly<Record<GranteeKind, string>> = {
  thirdParty: 'A third party, as a garage',
  driver: 'A driver',
  carmaker: 'A car maker; provider and station operator must permit it too',
};

interface GrantFormProps {
  readonly owner: ProviderOwner;
  readonly signer: OwnerSigner;
  readonly done: () => void;
}

interface Terms {
  readonly party: string;
  readonly kind: GranteeKind;
  readonly scopes: readonly Scope[];
  /** `yyyy-mm-dd`; good to the end of it in UTC. */
  readonly until: string;
}

const NONE: Terms = { party: '', kind: 'thirdParty', scopes: [], until: '' };

/** An owner's grant for the vehicle whose key is at hand. */
export function GrantForm({ owner, signer, done }: GrantFormProps): ComponentChildren {
  const [terms, setTerms] = useState(NONE);
  const [isAsked, setAsked] = useState(false);
  const { party, kind, scopes, until } = terms;
  const grant = async (): Promise<void> => {
    const end = Math.floor(Date.parse(`${until}T23:59:59Z`) / 1000);
    const word = signer.grant(owner.ctx, { party, kind, scopes, until: end, version: Date.now() });
    await bringWord(word);
    announce(`${party} has access now`);
    setTerms(NONE);
    done();
  };
  return (
    <section class="panel" aria-labelledby="grant-title">
      <h2 id="grant-title">Grant access</h2>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
        }}
      >
        <label>
          Who
          <span class="hint">organisation, organisation/name, or key: and 32 hex digits, as `fleet key` prints it</span>
          <input
            required
            pattern={PARTY}
            value={party}
            onInput={({ currentTarget }) => setTerms({ ...terms, party: currentTarget.value })}
          />
        </label>
        <label>
          As
          <select
            value={kind}
            onChange={({ currentTarget }) => setTerms({ ...terms, kind: currentTarget.value as GranteeKind })}
          >
            {GRANTEE_KINDS.map((each) => (
              <option key={each} value={each}>
                {KINDS[each]}
              </option>
            ))}
          </select>
        </label>
        <ScopeChoice scopes={scopes} choose={(chosen) => setTerms({ ...terms, scopes: chosen })} />
        <label>
          Until the end of
          <input
            type="date"
            required
            min={new Date().toISOString().slice(0, 10)}
            value={until}
            onInput={({ currentTarget }) => setTerms({ ...terms, until: currentTarget.value })}
          />
        </label>
        <div>
          <button type="submit" disabled={scopes.length === 0}>
            Grant access
          </button>
        </div>
      </form>
      {isAsked && (
        <Confirm title="Grant access?" action="Grant" perform={grant} close={() => setAsked(false)}>
          <p>
            <code>{party}</code> may then use {scopes.join(', ')} of this vehicle until {until}, unless you revoke it
            before. Everybody who reads the chain sees that it may.
          </p>
        </Confirm>
      )}
    </section>
  );
}

interface ScopeChoiceProps {
  readonly scopes: readonly Scope[];
  readonly choose: (scopes: readonly Scope[]) => void;
}

function ScopeChoice({ scopes, choose }: ScopeChoiceProps): ComponentChildren {
  return (
    <fieldset class="choices">
      <legend>For what</legend>
      {SCOPES.map((scope) => (
        <label key={scope} class="choice">
          <input
            type="checkbox"
            checked={scopes.includes(scope)}
            onChange={({ currentTarget }) =>
              choose(currentTarget.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
            }
          />
          {scope}
        </label>
      ))}
    </fieldset>
  );
}
