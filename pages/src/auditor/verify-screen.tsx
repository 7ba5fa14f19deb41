import { type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { announce } from '../shell/announce';
import { getBytes } from '../shell/api';
import { asProblem, type Problem } from '../shell/problem';
import { type Route } from '../shell/route';
import { ProblemNotice } from '../shell/states';
import { bytesOfText, looksLikeBlock } from '../verification/input';
import { BlockResult } from './block-result';
import { BytesField } from './bytes-field';
import { judge, type Verdict } from './given';
import { SigmaResult } from './sigma-result';
import { TrustPanel } from './trust-panel';

/** Verifies a σ or a block, in this browser, from public parameters alone. */
export function VerifyScreen({ route }: { route: Route }): ComponentChildren {
  const [trust, setTrust] = useState('');
  const [text, setText] = useState('');
  const [given, setGiven] = useState<readonly Uint8Array[]>([]);
  const [verdict, setVerdict] = useState<Verdict>();
  const [problem, setProblem] = useState<Problem>();
  const take = async (read: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>): Promise<void> => {
    setProblem(undefined);
    setVerdict(undefined);
    try {
      const all = [...given, ...(await read())];
      const found = await judge(trust, all);
      setGiven(all.filter(looksLikeBlock));
      setVerdict(found);
      announce(`${found.kind === 'sigma' ? 'The σ' : 'The block'} ${found.holds ? 'holds' : 'does not hold'}.`);
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const wanted = route.query.get('sigma');
  useEffect(() => {
    if (trust === '' || wanted === null) return;
    void take(async () => [await getBytes(`/v1/sigmas/${wanted}`, 'application/octet-stream')]);
  }, [trust, wanted]);
  return (
    <>
      <p class="lead">
        Verification runs in this browser, with public parameters and nothing else. What you paste or choose stays here.
      </p>
      <TrustPanel onTrust={setTrust} />
      <BytesField text={text} onText={setText} onFiles={(files) => void take(() => files)}>
        <button
          type="button"
          class="primary"
          disabled={trust === ''}
          onClick={() => void take(() => [bytesOfText(text)])}
        >
          Verify
        </button>
        {given.length > 0 && (
          <button type="button" onClick={() => setGiven([])}>
            Forget {given.length === 1 ? 'the block' : `the ${given.length} blocks`} given
          </button>
        )}
      </BytesField>
      {problem && <ProblemNotice problem={problem} />}
      {verdict?.kind === 'sigma' && <SigmaResult report={verdict} />}
      {verdict?.kind === 'block' && <BlockResult report={verdict} trust={trust} />}
    </>
  );
}
