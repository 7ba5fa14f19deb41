import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { ownerSigner, type OwnerSigner } from '../keys/key-file';
import { holdKey, KeyPanel, useKey } from '../keys/key-panel';
import { announce } from '../shell/announce';
import { send } from '../shell/api';
import { type Loaded, useJson } from '../shell/loading';
import { asProblem, type Problem } from '../shell/problem';
import { Empty, ProblemNotice, Ready } from '../shell/states';
import { Identifier } from '../shell/status';
import { type ProviderOwner } from './api';

const held = holdKey<OwnerSigner>();

export const unixNow = (): number => Math.floor(Date.now() / 1000);

export interface OwnerContext {
  readonly owner: ProviderOwner;
  /** Of one vehicle, once its file was chosen. */
  readonly key: OwnerSigner | undefined;
  readonly reload: () => void;
}

interface OwnerScreenProps {
  /** What is shown beside the key; called once the provider said who one is. */
  readonly children: (context: OwnerContext) => ComponentChildren;
}

/** A screen of the provider's half: who one is, the key of a vehicle, then what the screen is about. */
export function OwnerScreen({ children }: OwnerScreenProps): ComponentChildren {
  const loaded = useJson<ProviderOwner>('/v1/owner');
  const key = useKey(held);
  return (
    <Ready loaded={loaded}>
      {(owner) => (
        <>
          <KeyPanel held={held} title="Your key" read={ownerSigner} describe={describeKey}>
            The owner’s key of your vehicle, as <code>./chargecast vehicle owner --out</code> wrote it.
          </KeyPanel>
          {key && <Claim owner={owner} loaded={loaded} signer={key} />}
          {children({ owner, key, reload: loaded.reload })}
        </>
      )}
    </Ready>
  );
}

const describeKey = ({ subject }: OwnerSigner): ComponentChildren => (
  <>
    The owner’s key of vehicle <Identifier value={subject} /> is at hand.
  </>
);

interface ClaimProps {
  readonly owner: ProviderOwner;
  readonly loaded: Loaded<ProviderOwner>;
  readonly signer: OwnerSigner;
}

/** The provider shows a vehicle's grants only to who has proved once to own it. */
function Claim({ owner: { vehicles, ctx }, loaded, signer }: ClaimProps): ComponentChildren {
  const [problem, setProblem] = useState<Problem>();
  if (vehicles.some(({ id }) => id === signer.subject)) return null;
  const claim = async (): Promise<void> => {
    setProblem(undefined);
    try {
      const request = signer.readRequest(ctx, signer.subject, 'maintenance', unixNow());
      await send(`/v1/owner/vehicles/${signer.subject}`, { method: 'PUT', body: { request } });
      announce('The vehicle is yours here now');
      loaded.reload();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <div class="notice warn">
      <p>Your provider does not know yet that this vehicle is yours. The key proves it, once.</p>
      <button type="button" class="primary" onClick={() => void claim()}>
        Prove that it is mine
      </button>
      {problem && <ProblemNotice problem={problem} />}
    </div>
  );
}

export function KeyNeeded({ what }: { what: string }): ComponentChildren {
  return <Empty title="Choose your key file first">{what}</Empty>;
}
