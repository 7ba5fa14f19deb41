import { runConformance } from './conformance';

const { CHARGECAST_FABRIC_GATEWAY: from = '' } = process.env;
const testSuite = from === '' ? test.skip : test;

/** Feature files with scenarios of things the embedded ledger does not offer; docs/conformance.md lists them. */
const PARTLY = ['discovery', 'endorsement_hsm', 'privatedata', 'sbe'];

testSuite(
  "fabric-gateway's published scenarios, which are run where CHARGECAST_FABRIC_GATEWAY names a checkout of it",
  async () => {
    const { scenarios, held } = await runConformance({ from });
    expect(scenarios.filter(({ status }) => status === 'failed')).toEqual([]);
    const unsupported = scenarios.filter(({ status }) => status === 'unsupported');
    expect(unsupported.filter(({ group }) => !PARTLY.includes(group))).toEqual([]);
    expect(held).toEqual({ passed: expect.any(Number) as number, failed: 0, unsupported: 0 });
    expect(held.passed).toBeGreaterThanOrEqual(39);
  },
  600_000,
);
