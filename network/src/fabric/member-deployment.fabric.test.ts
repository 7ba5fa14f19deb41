import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type ConnectionProfile, readProfile, writeProfile } from '../profile';
import { freePorts } from '../free-ports';
import { bundleLedgerChaincode } from '../testing/bundle-chaincode';
import { FabricClient } from '../testing/fabric-client';
import { describeWithFabric } from '../testing/with-fabric';
import { defaultTopology } from '../default-topology';
import { until } from '../until';
import { type InstalledPackage, memberDeploy, type MemberDeployment } from './member-deployment';
import { fabricDown, fabricUp } from './network';

const NAME = 'visitor';

/** Chaincode of another name on a network that knows nothing of it, each organisation deploying for itself. */
describeWithFabric('a member’s deployment', () => {
  let directory: string;
  let bundle: string;
  let whole: ConnectionProfile;
  let servicePorts: number;
  const servers: ChildProcess[] = [];

  beforeAll(async () => {
    const topology = defaultTopology({ basePort: await freePorts(40), networkId: 'members' });
    servicePorts = await freePorts(4);
    directory = await mkdtemp(join(tmpdir(), 'chargecast-member-'));
    bundle = await bundleLedgerChaincode(join(directory, 'one'));
    const { profileFile } = await fabricUp(topology, join(directory, 'network'), { chaincodeBundle: bundle });
    whole = { ...(await readProfile(profileFile)), chaincode: NAME };
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map(ended));
    await fabricDown(join(directory, 'network'));
    await rm(directory, { recursive: true, force: true });
  }, 60_000);

  /** The profile as the operator of one organisation has it: the others' peers, but not their administrators. */
  const profileOf = (mspId: string): ConnectionProfile => ({
    ...whole,
    organisations: whole.organisations.map((organisation) =>
      organisation.mspId === mspId ? organisation : { ...organisation, identities: {} },
    ),
  });

  const deployAs = (number: number): Promise<MemberDeployment> =>
    memberDeploy(profileOf(`CSS${number}MSP`), {
      chaincodeBundle: bundle,
      directory: join(directory, 'services'),
      services: new Map([[`CSS${number}MSP`, `127.0.0.1:${servicePorts + number - 1}`]]),
    });

  const serve = ({ service }: InstalledPackage): void => {
    if (!service) throw new Error('no service');
    servers.push(
      spawn(process.execPath, [`--env-file=${service.environmentFile}`, service.bundle], { stdio: 'ignore' }),
    );
  };

  it('is committed when a majority has done its part, and by each only for itself', async () => {
    const first = await deployAs(1);
    expect(first.channels).toEqual(
      ['certchain', 'datachain'].map((channel) => ({
        channel,
        sequence: 1,
        committed: false,
        approved: ['CSS1MSP'],
        missing: ['CSS2MSP', 'CSS3MSP', 'CSS4MSP'],
      })),
    );
    const again = await deployAs(1);
    expect(again).toEqual(first);
    const second = await deployAs(2);
    expect(second.channels.map(({ committed }) => committed)).toEqual([false, false]);
    const third = await deployAs(3);
    expect(third.channels).toMatchObject([
      { committed: true, missing: ['CSS4MSP'] },
      { committed: true, missing: ['CSS4MSP'] },
    ]);
    const late = await deployAs(4);
    expect(late.channels).toMatchObject([
      { committed: true, sequence: 1 },
      { committed: true, sequence: 1 },
    ]);
    for (const { installed } of [first, second, third, late]) installed.forEach(serve);
    expect(new Set([first, second, third, late].map(({ version }) => version)).size).toBe(1);
  }, 180_000);

  it('runs on the organisations’ own chaincode servers', async () => {
    const profileFile = join(directory, 'visitor.json');
    await writeProfile(profileFile, whole);
    const client = await FabricClient.connect(profileFile, 'CSS1MSP', 'relay');
    try {
      const status = await until(() => client.submit('datachain', 'put', 'deployed', 'by members'), {
        deadline: 60_000,
        interval: 500,
        onTimeout: (last) => last as Error,
      });
      expect(status).toMatchObject({ successful: true });
      expect(await client.evaluate('datachain', 'get', 'deployed')).toBe('by members');
    } finally {
      client.close();
    }
  }, 90_000);

  it('takes another edition of the chaincode as the next sequence', async () => {
    const changed = await bundleLedgerChaincode(join(directory, 'two'), '/* the second edition */');
    const next = await memberDeploy(profileOf('CSS1MSP'), {
      chaincodeBundle: changed,
      directory: join(directory, 'services'),
      services: new Map([['CSS1MSP', `127.0.0.1:${servicePorts}`]]),
    });
    expect(next.channels).toMatchObject([
      { committed: false, sequence: 2 },
      { committed: false, sequence: 2 },
    ]);
  }, 60_000);

  it('needs an administrator', async () => {
    const services = new Map<string, string>();
    const options = { chaincodeBundle: bundle, directory, services };
    await expect(memberDeploy(profileOf('KGCMSP'), options)).rejects.toMatchObject({ code: 'E_PROFILE_ADMIN' });
    const foreign = { ...options, services: new Map([['CSS2MSP', '127.0.0.1:1']]) };
    await expect(memberDeploy(profileOf('CSS1MSP'), foreign)).rejects.toMatchObject({
      code: 'E_PROFILE_ADMIN',
      message: expect.stringContaining('CSS2MSP') as string,
    });
  });

  it('says what the network refuses', async () => {
    const nowhere = { ...profileOf('CSS1MSP'), channels: { certchain: 'nowhere', datachain: 'datachain' } };
    await expect(
      memberDeploy(nowhere, { chaincodeBundle: bundle, directory, services: new Map() }),
    ).rejects.toMatchObject({ code: 'E_FABRIC_TOOL', message: expect.stringContaining('CSS1MSP') as string });
  }, 60_000);
});

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  server.kill('SIGTERM');
  await gone;
}
