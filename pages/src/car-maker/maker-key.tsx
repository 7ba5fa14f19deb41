import { type ComponentChildren } from 'preact';

import { readerSigner } from '../keys/key-file';
import { holdKey, KeyPanel, useKey } from '../keys/key-panel';
import { useJson } from '../shell/loading';
import { Ready } from '../shell/states';
import { type CarMaker } from './api';

export type MakerKey = ReturnType<typeof readerSigner>;
const held = holdKey<MakerKey>();

export interface MakerContext {
  readonly maker: CarMaker;
  /** The bound key, once its file was chosen. */
  readonly key: MakerKey | undefined;
}

/** A screen of a car maker: its key, then what the screen is about. */
export function MakerScreen({
  children,
}: {
  children: (context: MakerContext) => ComponentChildren;
}): ComponentChildren {
  const loaded = useJson<CarMaker>('/v1/car-maker');
  const key = useKey(held);
  return (
    <Ready loaded={loaded}>
      {(maker) => (
        <>
          <KeyPanel held={held} title="Your key" read={readerSigner} describe={describeKey}>
            The key you read with, as <code>./chargecast fleet key</code> wrote it.
          </KeyPanel>
          <KeyState party={maker.party} standing={key?.party} />
          {children({ maker, key: key?.party === maker.party ? key : undefined })}
        </>
      )}
    </Ready>
  );
}

const describeKey = ({ party }: MakerKey): ComponentChildren => (
  <>
    The key <code>{party}</code> is at hand.
  </>
);

function KeyState({ party, standing }: { party: string | null; standing: string | undefined }): ComponentChildren {
  if (party === null) {
    return (
      <div class="notice warn">
        <p>
          No key is bound to your name yet
          {standing === undefined ? (
            ''
          ) : (
            <>
              , such as <code>{standing}</code>
            </>
          )}
          : ask the provider’s operator for PUT /v1/car-makers/&lt;your name&gt;.
        </p>
      </div>
    );
  }
  if (standing !== undefined && standing !== party) {
    return (
      <div class="notice bad" role="alert">
        <p>
          You read with <code>{party}</code>; this file holds another key. Choose the other file, or have this key
          bound.
        </p>
      </div>
    );
  }
  return null;
}
