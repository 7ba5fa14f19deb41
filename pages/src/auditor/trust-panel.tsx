import { type ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import { getBytes } from '../shell/api';
import { useLoaded } from '../shell/loading';
import { asProblem, type Problem } from '../shell/problem';
import { ProblemNotice } from '../shell/states';
import { Facts } from '../shell/table';
import { type ParamsReport } from '../verification/report';
import { verify } from '../verification/verifier';

interface TrustPanelProps {
  /** Called with the text of params that were understood. */
  readonly onTrust: (text: string) => void;
}

/** Public parameters: the service's own to begin with, or whichever the auditor trusts. */
export function TrustPanel({ onTrust }: TrustPanelProps): ComponentChildren {
  const [report, setReport] = useState<ParamsReport>();
  const [problem, setProblem] = useState<Problem>();
  const [source, setSource] = useState('');
  const served = useLoaded('trust', async (signal) =>
    new TextDecoder().decode(await getBytes('/v1/trust', 'application/json', signal)),
  );
  const asked = useRef(0);
  const taken = useRef(0);
  /** @param turn of two that are being read at once, the later wins; the service's own come before any choice */
  const take = async (text: string, from: string, turn = ++asked.current): Promise<void> => {
    try {
      const read = await verify({ kind: 'params', trust: text });
      if (turn < taken.current) return;
      taken.current = turn;
      setReport(read);
      setProblem(undefined);
      setSource(from);
      onTrust(text);
    } catch (error) {
      if (turn >= taken.current) setProblem(asProblem(error));
    }
  };
  useEffect(() => {
    if (served.value !== undefined) void take(served.value, 'this service', 0);
  }, [served.value]);
  const takeFile = async (file: File | undefined): Promise<void> => {
    if (file) await take(await file.text(), file.name);
  };
  return (
    <section class="panel" aria-labelledby="trust-title">
      <h2 id="trust-title">Public parameters</h2>
      {report ? (
        <TrustFacts report={report} source={source} />
      ) : (
        <p>None yet. Choose the params.json or trust.json you trust.</p>
      )}
      {!report && served.problem && <ProblemNotice problem={served.problem} retry={served.reload} />}
      {problem && <ProblemNotice problem={problem} />}
      <label>
        Take others from a file
        <span class="hint">params.json or trust.json, as the deployment gives them out</span>
        <input
          type="file"
          accept=".json,application/json"
          onChange={({ currentTarget }) => void takeFile(currentTarget.files?.[0])}
        />
      </label>
      <PasteTrust onTake={(text) => void take(text, 'pasted text')} />
    </section>
  );
}

function TrustFacts({ report, source }: { report: ParamsReport; source: string }): ComponentChildren {
  return (
    <>
      <p class="quiet">
        From {source}. Compare the fingerprint with the one you were given by a way you trust: who chooses the
        parameters chooses what holds.
      </p>
      <Facts
        facts={[
          ['Fingerprint (SHA-256)', <code>{report.fingerprint}</code>],
          ['Context ctx', <code>{report.ctx}</code>],
          ['Network', report.networkId],
          ['Channels', `${report.certchain}, ${report.datachain}`],
          [
            'Organisations',
            report.organisations.map(({ mspId, role }) => `${mspId} (${role})`).join(', ') || 'none pinned',
          ],
          ['Judges', report.hasTrust ? 'σ and blocks' : 'σ; blocks by their hashes only (no trust.json)'],
        ]}
      />
    </>
  );
}

function PasteTrust({ onTake }: { onTake: (text: string) => void }): ComponentChildren {
  const [text, setText] = useState('');
  return (
    <details>
      <summary>Paste others</summary>
      <label>
        params.json or trust.json
        <textarea
          class="bytes"
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <p>
        <button type="button" onClick={() => onTake(text)}>
          Take these
        </button>
      </p>
    </details>
  );
}
