import { createServer } from 'node:net';

import { assertPortsFree } from './ports';
import { defaultTopology } from './default-topology';
import { blockQuorum, endorsementQuorum, toleratedFaults, type Topology } from './topology';
import { validateTopology } from './topology-rules';

const faultOf = (topology: Topology): string => {
  try {
    validateTopology(topology);
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_TOPOLOGY' });
    return (error as Error).message;
  }
  throw new Error('the topology was accepted');
};

describe('topology', () => {
  it.each([
    [4, 1, 3, 3],
    [7, 2, 4, 5],
    [10, 3, 6, 7],
  ] as const)('%i organisations tolerate %i, endorse with %i, sign blocks with %i', (n, l, endorsers, signers) => {
    const topology = defaultTopology({ organisations: n });
    expect(topology.organisations).toHaveLength(n);
    expect(topology.byzantineFaults).toBe(l);
    expect(endorsementQuorum(topology)).toBe(endorsers);
    expect(blockQuorum(topology.organisations.length)).toBe(signers);
  });

  it('refuses n < 3l + 1 and says the number needed', () => {
    const topology = defaultTopology();
    expect(faultOf({ ...topology, byzantineFaults: 2 })).toContain('n ≥ 3l + 1 = 7');
    expect(faultOf({ ...topology, byzantineFaults: 0.5 })).toContain('whole number');
    expect(toleratedFaults(6)).toBe(1);
  });

  it('names every fault at once', () => {
    const topology = defaultTopology();
    const [first, ...rest] = topology.organisations;
    const message = faultOf({
      ...topology,
      channels: { certchain: 'Cert Chain', datachain: 'datachain' },
      organisations: [{ ...first!, mspId: rest[0]!.mspId, ports: { ...first!.ports, peer: 80 } }, ...rest],
    });
    expect(message).toContain('channel name "Cert Chain"');
    expect(message).toContain('MSP id CSS2MSP occurs more than once');
    expect(message).toContain('port 80');
  });

  it('refuses time-outs that SmartBFT would refuse', () => {
    const topology = defaultTopology();
    const ordering = { ...topology.ordering, requestComplainTimeout: 1, collectTimeout: 0 };
    const message = faultOf({ ...topology, ordering });
    expect(message).toContain('requestForwardTimeout ≤ requestComplainTimeout ≤ requestAutoRemoveTimeout');
    expect(message).toContain('ordering.collectTimeout');
  });

  it('refuses overlapping ports', () => {
    const topology = defaultTopology();
    const [first, ...rest] = topology.organisations;
    const ports = { ...first!.ports, orderer: first!.ports.peer };
    expect(faultOf({ ...topology, organisations: [{ ...first!, ports }, ...rest] })).toContain('occurs more than once');
  });

  it('finds the port that is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const topology = defaultTopology();
    const [first, ...rest] = topology.organisations;
    const ports = { ...first!.ports, chaincode: port };
    await expect(
      assertPortsFree({ ...topology, organisations: [{ ...first!, ports }, ...rest] }),
    ).rejects.toMatchObject({
      code: 'E_PORT_BUSY',
      message: expect.stringContaining(`127.0.0.1:${port} (CSS1MSP chaincode)`) as string,
    });
    await new Promise((resolve) => server.close(resolve));
  });
});
