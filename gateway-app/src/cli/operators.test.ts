import { decodeSigma, toHex } from '@chargecast/signcryption';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type RunningRole } from '../common/running-role';
import { type RunningCsc, startCsc } from '../csc';
import { encodePayload } from '../holder';
import { startKgc } from '../kgc';
import { TestNetwork } from '../testing/test-network';
import { ran } from './testing/ran';

jest.setTimeout(120_000);

let network: TestNetwork;
let kgc: RunningRole;
let csc: RunningCsc;

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  kgc = await startKgc(await network.kgcConfig());
  network.closing(() => kgc.stop());
  csc = await startCsc(await cscConfig());
  network.closing(() => csc.stop());
});
afterEach(() => network.stop());

const cscConfig = (listen = '127.0.0.1:0'): Promise<string> =>
  network.config('csc', 'csc1', { listen, peers: { css: network.css, kgc: `127.0.0.1:${kgc.port}` } });

describe('kgc open', () => {
  it('shows whose credential sealed a σ, the evidence checked', async () => {
    const config = await network.kgcConfig({ listen: `127.0.0.1:${kgc.port}` });
    const { holder: pile } = await network.holder('cp', 'cp1/pile1', kgc);
    const { holder } = await network.holder('csc', 'csc2', kgc);
    const frame = { commandId: '00'.repeat(16), kind: 'notice', action: 'DataTransfer', payload: {} } as const;
    const { sigma } = await holder.seal([{ keys: pile.key, message: encodePayload([frame]) }], 900);
    const file = join(network.directory, 'one.sigma');
    await writeFile(file, sigma);
    const { exit, stdout } = await ran('kgc', 'open', '--config', config, '--sigma', file, '--json');
    expect(exit).toBe(0);
    const oneTimeKey = toHex(decodeSigma(sigma).header.oneTimeKey);
    expect(JSON.parse(stdout)).toMatchObject({ role: 'csc', name: 'csc2', f: toHex(holder.f), oneTimeKey });
    const unknown = await ran('kgc', 'open', '--config', config, '--key', '11'.repeat(32));
    expect(unknown).toMatchObject({ exit: 1, stdout: '' });
    expect(unknown.stderr).toContain('E_OPENING_UNKNOWN');
    expect(await ran('kgc', 'open', '--config', config)).toMatchObject({ exit: 2 });
    expect(await ran('kgc', 'open', '--config', config, '--key', 'xyz')).toMatchObject({ exit: 2 });
    expect(await ran('kgc', 'open', '--config', config, '--sigma', `${file}.none`)).toMatchObject({ exit: 2 });
  });
});

describe('csc send', () => {
  it('hands commands over, and says what is wrong with those it cannot', async () => {
    const config = await cscConfig(`127.0.0.1:${csc.port}`);
    const list = join(network.directory, 'commands.json');
    const command = {
      customer: 'contract-1',
      kind: 'control',
      action: 'RequestStopTransaction',
      payload: { transactionId: 'tx-1' },
    };
    await writeFile(list, JSON.stringify([command]));
    const sent = await ran('csc', 'send', '--config', config, '--commands', list, '--json');
    expect(sent.exit).toBe(0);
    expect(JSON.parse(sent.stdout)).toEqual({ commandIds: [expect.stringMatching(/^[0-9a-f]{32}$/)] });
    expect(await csc.status()).toMatchObject({ waiting: 1 });
    await writeFile(list, JSON.stringify([{ ...command, payload: { transactionId: 1 } }]));
    const refused = await ran('csc', 'send', '--config', config, '--commands', list);
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toMatch(/E_OCPP_SCHEMA: command 0: .*must be string/);
    await writeFile(list, '{}');
    expect(await ran('csc', 'send', '--config', config, '--commands', list)).toMatchObject({ exit: 2 });
    await writeFile(list, '[');
    expect(await ran('csc', 'send', '--config', config, '--commands', list)).toMatchObject({ exit: 2 });
  });
});
