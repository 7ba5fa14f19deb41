import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { announce } from '../shell/announce';
import { useLoaded } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Ready } from '../shell/states';
import { BlockResult } from './block-result';
import { blockAddress, judgeServed } from './given';
import { TrustPanel } from './trust-panel';

/** One block of the service, verified in this browser as soon as there are params. */
export function BlockScreen({ route }: { route: Route }): ComponentChildren {
  const [, channel = 'datachain', text = '0'] = route.path;
  const [trust, setTrust] = useState('');
  const number = Number(text);
  const loaded = useLoaded(`${channel} ${number} ${trust}`, async (signal) => {
    if (trust === '') return undefined;
    const report = await judgeServed(trust, channel, number, signal);
    announce(`Block ${number} ${report.holds ? 'holds' : 'does not hold'}.`);
    return report;
  });
  return (
    <>
      <div class="tools">
        <a class="button" href={href(['blocks', channel])}>
          All blocks
        </a>
        {number > 0 && (
          <a class="button" href={href(['block', channel, number - 1])}>
            Block {number - 1}
          </a>
        )}
        <a class="button" href={blockAddress(channel, number)} download={`${channel}-${number}.json`}>
          Download as JSON
        </a>
      </div>
      <Ready loaded={loaded}>
        {(report) =>
          report ? <BlockResult report={report} trust={trust} /> : <p class="quiet">Waiting for public parameters.</p>
        }
      </Ready>
      <TrustPanel onTrust={setTrust} />
    </>
  );
}
