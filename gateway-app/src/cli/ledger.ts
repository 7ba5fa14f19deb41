import { dirname } from 'node:path';

import { type LedgerKind } from '@chargecast/network';

import { CHAINCODE_BUNDLE } from '../deployment/root';
import { type Register } from './command';
import { basePortOption, dataDirectory, dataOption, ledgerOption, organisationsOption, withExamples } from './defaults';
import { showStatus, topologyOf } from './network';
import { progressLine } from './progress-line';
import { builtWith } from './stored-ledger';
import { withStopSignal } from './until-stopped';

interface UpOptions {
  readonly data?: string;
  readonly ledger: LedgerKind | 'auto';
  readonly organisations: number;
  readonly basePort?: number;
}

const NOUN = 'ledger';

export const registerLedger: Register = (program) => {
  const ledger = program.group(NOUN, 'a ledger by itself: embedded, or Fabric');
  ledger.verb<UpOptions>(
    'up',
    'starts a ledger and keeps it until Ctrl-C; its folder holds profile.json for applications',
    (command) =>
      withExamples(
        command
          .addOption(dataOption(NOUN))
          .addOption(ledgerOption())
          .addOption(organisationsOption())
          .addOption(basePortOption()),
        './chargecast ledger up',
        './chargecast ledger up --data .chargecast/demo/ledger --ledger embedded',
      ),
    async (io, { data, ledger: kind, organisations, basePort }) => {
      const { startLedger } = await import('@chargecast/network');
      const stateDir = dataDirectory(data, NOUN);
      const built = await builtWith(dirname(stateDir));
      const running = await startLedger({
        ledger: built?.ledger ?? kind,
        stateDir,
        topology: built?.topology ?? (await topologyOf(organisations, basePort)),
        chaincodeBundle: CHAINCODE_BUNDLE,
        onProgress: progressLine(io),
      });
      try {
        io.line(`profile: ${running.profileFile}`);
        io.result({ ledger: running.kind, profile: running.profileFile });
        showStatus({ ...io, result: () => undefined }, await running.status());
        io.note('Ctrl-C stops it; its data stays.');
        await withStopSignal((stopped) => stopped);
      } finally {
        await running.stop();
      }
    },
  );
};
