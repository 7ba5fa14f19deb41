import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { status } from '@grpc/grpc-js';
import { type Contract, GatewayError, StatusCode } from '@hyperledger/fabric-gateway';

import { EmbeddedFixture } from '../testing/embedded';
import { until } from '../until';
import { ChaincodeProcess } from './chaincode-process';
import { type EmbeddedLedger, startEmbeddedLedger } from './embedded-ledger';
import { EmbeddedLedgerError } from './errors';
import { type ChaincodeOptions, type ChaincodeServerOptions, type EmbeddedLedgerOptions } from './options';

let fixture: EmbeddedFixture;
const ledgers: EmbeddedLedger[] = [];

beforeAll(async () => {
  fixture = await EmbeddedFixture.make();
});

afterAll(async () => {
  await Promise.all(ledgers.map((ledger) => ledger.stop()));
  await fixture?.dispose();
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const LIAR: ChaincodeServerOptions = { environment: { LIE: '1' } };

async function start(options: EmbeddedLedgerOptions): Promise<EmbeddedLedger> {
  const ledger = await startEmbeddedLedger(options);
  ledgers.push(ledger);
  return ledger;
}

/** Honest organisations share one process in the clear; the others are as `servers` says. */
async function withServers(
  name: string,
  servers: Readonly<Record<string, ChaincodeServerOptions>>,
  limits: EmbeddedLedgerOptions['limits'] = {},
  program?: string,
): Promise<EmbeddedLedgerOptions> {
  const base = await fixture.options(name);
  const [chaincode] = base.chaincodes as [ChaincodeOptions];
  const { version, entry = '' } = chaincode;
  return {
    ...base,
    limits: { ...base.limits, ...limits },
    chaincodes: [{ name: 'chargecast', version, entry: program ?? entry, processes: 'shared', servers }],
  };
}

async function program(name: string, source: string): Promise<string> {
  const file = join(fixture.directory, name);
  await writeFile(file, source);
  return file;
}

async function contractOf(ledger: EmbeddedLedger, mspId = 'CSS1MSP'): Promise<Contract> {
  const gateway = await fixture.connect(ledger.gateways, mspId, 'relay', { through: mspId });
  return gateway.getNetwork('datachain').getContract('chargecast');
}

async function refusal(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}

const MISMATCH = 'ProposalResponsePayloads do not match';

describe('a lying chaincode', () => {
  let ledger: EmbeddedLedger;
  beforeAll(async () => {
    ledger = await start(await withServers('one-liar', { CSS4MSP: LIAR }));
  });

  test('of one organisation does not keep the others from committing the truth', async () => {
    const contract = await contractOf(ledger);
    expect(text(await contract.submitTransaction('put', 'k', 'truth'))).toBe('truth');
    expect(text(await contract.evaluateTransaction('get', 'k'))).toBe('truth');
  });

  test('cannot commit what it says through its own gateway', async () => {
    const error = await refusal((await contractOf(ledger, 'CSS4MSP')).submitTransaction('put', 'k', 'x'));
    expect(error.code).toBe(status.ABORTED);
    expect(error.message).toContain('failed to collect enough transaction endorsements');
    // No more than it takes to put a majority out of reach.
    expect(error.details.map(({ message }) => message)).toEqual([MISMATCH, MISMATCH]);
    expect(error.details.map(({ mspId }) => mspId)).not.toContain('CSS4MSP');
  });

  test('that alone endorses is ENDORSEMENT_POLICY_FAILURE', async () => {
    const liar = await contractOf(ledger, 'CSS4MSP');
    const proposal = liar.newProposal('put', { arguments: ['lie', 'x'], endorsingOrganizations: ['CSS4MSP'] });
    const commit = await (await proposal.endorse()).submit();
    expect((await commit.getStatus()).code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
    expect(text(await (await contractOf(ledger)).evaluateTransaction('get', 'lie'))).toBe('');
  });

  test('of two organisations leaves too few for anything to commit', async () => {
    const two = await start(await withServers('two-liars', { CSS3MSP: LIAR, CSS4MSP: LIAR }));
    for (const mspId of ['CSS1MSP', 'CSS3MSP']) {
      const contract = await contractOf(two, mspId);
      const error = await refusal(contract.submitTransaction('put', 'k', 'x'));
      expect(error.code).toBe(status.ABORTED);
      expect(error.details.map(({ message }) => message)).toEqual([MISMATCH, MISMATCH]);
    }
    const honest = await contractOf(two);
    const endorsingOrganizations = ['CSS1MSP', 'CSS2MSP'];
    const proposal = honest.newProposal('put', { arguments: ['k', 'x'], endorsingOrganizations });
    const commit = await (await proposal.endorse()).submit();
    expect((await commit.getStatus()).code).toBe(StatusCode.ENDORSEMENT_POLICY_FAILURE);
  });
});

test('a chaincode that gives everyone something else commits nothing', async () => {
  const options = await fixture.options('nondeterministic');
  const contract = await contractOf(await start(options));
  const error = await refusal(contract.submitTransaction('disagree', 'k'));
  expect(error.code).toBe(status.ABORTED);
  expect(error.details.map(({ message }) => message)).toEqual([MISMATCH, MISMATCH]);
  const chosen = contract.newProposal('disagree', {
    arguments: ['k'],
    endorsingOrganizations: ['CSS1MSP', 'CSS2MSP'],
  });
  expect((await refusal(chosen.endorse())).details).toEqual([expect.objectContaining({ message: MISMATCH })]);
  expect(text(await contract.evaluateTransaction('get', 'k'))).toBe('');
});

describe('chaincode processes', () => {
  test('one that crashes fails the transactions in flight, then serves again', async () => {
    const ledger = await start(await withServers('crash', {}));
    const contract = await contractOf(ledger);
    await contract.submitTransaction('put', 'before', '1');
    const [slow, crashed] = await Promise.all([
      refusal(contract.submitTransaction('slow', '5000')),
      refusal(contract.newProposal('crash').endorse()),
    ]);
    for (const error of [slow, crashed]) {
      expect(error.code).toBe(status.ABORTED);
      expect(error.details[0]?.message).toMatch(
        /^error in simulation: failed to execute transaction [0-9a-f]{64}: error sending: chaincode stream terminated$/,
      );
    }
    expect(text(await contract.evaluateTransaction('get', 'before'))).toBe('1');
    expect(text(await contract.submitTransaction('put', 'after', '2'))).toBe('2');
    // A majority serves before the last of the crashed ones is back.
    await until(async () => (ledger.status().healthy ? true : undefined), {
      deadline: 10_000,
      interval: 20,
      onTimeout: () => new Error(`still at fault: ${ledger.status().faults.join('; ')}`),
    });
    expect(ledger.status().faults).toEqual([]);
  });

  test('one that keeps crashing is given up with a clear error; the chain still answers', async () => {
    const options = await withServers('crash-loop', {}, { chaincodeMaxRestarts: 1 });
    const ledger = await start(options);
    const contract = await contractOf(ledger);
    await contract.submitTransaction('put', 'kept', '1');
    for (let crash = 0; crash < 2; crash++) await refusal(contract.newProposal('crash').endorse());
    const last = await until(
      async () => {
        const error = await refusal(contract.evaluateTransaction('get', 'kept'));
        return error.details.some(({ message }) => message.includes('exited 2 times')) ? error : undefined;
      },
      { deadline: 10_000, interval: 50, onTimeout: () => new Error('it was not given up') },
    );
    expect(last.code).toBe(status.ABORTED);
    expect(last.details).toHaveLength(4);
    expect(last.details[0]?.message).toMatch(
      /could not launch chaincode chargecast_\w+:[0-9a-f]{64}: .* exited 2 times within a minute/,
    );
    const { healthy, faults } = ledger.status();
    expect(healthy).toBe(false);
    expect(faults).toHaveLength(4);
  });

  test('one that never answers costs its caller the execution time-out', async () => {
    const ledger = await start(await withServers('timeout', {}, { executeTimeout: 150 }));
    const contract = await contractOf(ledger);
    const error = await refusal(contract.submitTransaction('slow', '3000'));
    expect(error.code).toBe(status.ABORTED);
    expect(error.details[0]?.message).toContain('timeout expired while executing transaction');
    expect(text(await contract.submitTransaction('put', 'k', 'v'))).toBe('v');
  });

  test('a server that somebody else runs', async () => {
    const server = new ChaincodeProcess({
      packageId: 'chargecast_external:00',
      entry: fixture.chaincodeBundle,
      logFile: join(fixture.directory, 'external.log'),
      environment: {},
      stopTimeout: 2000,
      log: () => undefined,
    });
    await server.start();
    try {
      const ledger = await start(await withServers('external', { CSS1MSP: { address: server.address } }));
      const contract = await contractOf(ledger);
      expect(text(await contract.submitTransaction('put', 'k', 'v'))).toBe('v');
    } finally {
      await server.stop();
    }
  });

  test('a file that is not there is named', async () => {
    const options = await fixture.options('no-entry');
    const chaincodes = options.chaincodes.map((chaincode) => ({
      ...chaincode,
      entry: join(fixture.directory, 'none.js'),
    }));
    await expect(startEmbeddedLedger({ ...options, chaincodes })).rejects.toMatchObject({
      code: 'E_CHAINCODE_ENTRY',
      message: expect.stringContaining('build the chaincode first') as string,
    });
  });

  test('one that could not start, as where its port was taken meanwhile, is started again', async () => {
    const marker = join(fixture.directory, 'started-before');
    const entry = await program(
      'second-time.cjs',
      `try { require('node:fs').mkdirSync(${JSON.stringify(marker)}); process.exitCode = 1; }
       catch { require(${JSON.stringify(fixture.chaincodeBundle)}); }`,
    );
    const ledger = await start(await withServers('second-time', {}, {}, entry));
    const contract = await contractOf(ledger);
    expect(text(await contract.submitTransaction('put', 'k', 'v'))).toBe('v');
    expect(existsSync(marker)).toBe(true);
  });

  test('a program that ends at once is given up', async () => {
    const entry = await program('ends.cjs', '');
    const options = await withServers('ends', {}, { chaincodeMaxRestarts: 1 }, entry);
    await expect(startEmbeddedLedger(options)).rejects.toMatchObject({ code: 'E_CHAINCODE_EXITED' });
  });

  test('a program that is no chaincode does not keep the start waiting for ever', async () => {
    const entry = await program('idle.cjs', 'setInterval(() => undefined, 1000);');
    const options = await withServers('no-chaincode', {}, { chaincodeStartTimeout: 400 }, entry);
    const failure: unknown = await startEmbeddedLedger(options).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EmbeddedLedgerError);
    expect((failure as EmbeddedLedgerError).code).toBe('E_CHAINCODE_START');
  });
});

test('proposals beyond the limit are refused, not queued', async () => {
  const ledger = await start(await withServers('admission', {}, { maxProposalsInFlight: 2 }));
  const contract = await contractOf(ledger);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () => contract.newProposal('slow', { arguments: ['300'] }).evaluate()),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as GatewayError] : []));
  expect(errors).toHaveLength(3);
  for (const error of errors) {
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error.message).toContain('exceeding concurrency limit (2)');
  }
  await contract.evaluateTransaction('get', 'k');
});
