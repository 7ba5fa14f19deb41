import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { announce } from '../shell/announce';
import { asProblem, type Problem } from '../shell/problem';
import { ProblemNotice } from '../shell/states';
import { bytesOfText } from '../verification/input';
import { type SigmaReport } from '../verification/report';
import { verify } from '../verification/verifier';
import { BytesField } from './bytes-field';
import { TrustPanel } from './trust-panel';
import { SigmaResult } from './sigma-result';

/** Verifies a σ or a block, in this browser, from public parameters alone. */
export function VerifyScreen(): ComponentChildren {
  const [trust, setTrust] = useState('');
  const [text, setText] = useState('');
  const [report, setReport] = useState<SigmaReport>();
  const [problem, setProblem] = useState<Problem>();
  const judge = async (bytes: () => Uint8Array): Promise<void> => {
    setProblem(undefined);
    setReport(undefined);
    try {
      const found = await verify({ kind: 'sigma', trust, bytes: bytes() });
      setReport(found);
      announce(found.holds ? 'The σ holds.' : 'The σ does not hold.');
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <>
      <p class="lead">
        Verification runs in this browser, with public parameters and nothing else. What you paste or choose stays here.
      </p>
      <TrustPanel onTrust={setTrust} />
      <BytesField text={text} onText={setText} onFile={(bytes) => void judge(() => bytes)}>
        <button
          type="button"
          class="primary"
          disabled={trust === ''}
          onClick={() => void judge(() => bytesOfText(text))}
        >
          Verify
        </button>
      </BytesField>
      {problem && <ProblemNotice problem={problem} />}
      {report && <SigmaResult report={report} />}
    </>
  );
}
