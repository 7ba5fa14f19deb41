import { createPrivateKey } from 'node:crypto';

import {
  type Contract,
  type Gateway,
  GatewayError,
  type Network,
  type Signer,
  signers,
} from '@hyperledger/fabric-gateway';

import { type TopologySources } from '../embedded/from-topology';
import { type EmbeddedLedger, startEmbeddedLedger } from '../embedded/embedded-ledger';
import { EmbeddedFixture } from './embedded';

/** An embedded ledger with the probe chaincode, and the first organisation's relay connected to it. */
export class LedgerUnderTest {
  readonly fixture: EmbeddedFixture;
  readonly ledger: EmbeddedLedger;
  readonly gateway: Gateway;
  readonly network: Network;
  readonly contract: Contract;
  /** The relay's private key. */
  readonly keyPem: string;

  private constructor(fixture: EmbeddedFixture, ledger: EmbeddedLedger, gateway: Gateway, keyPem: string) {
    this.fixture = fixture;
    this.ledger = ledger;
    this.gateway = gateway;
    this.network = gateway.getNetwork('datachain');
    this.contract = this.network.getContract('chargecast');
    this.keyPem = keyPem;
  }

  static async start(name: string, sources: Partial<TopologySources> = {}): Promise<LedgerUnderTest> {
    const fixture = await EmbeddedFixture.make();
    const ledger = await startEmbeddedLedger(await fixture.options(name, sources));
    const gateway = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay');
    const { keyPem } = await fixture.identity('CSS1MSP', 'relay');
    return new LedgerUnderTest(fixture, ledger, gateway, keyPem);
  }

  async evaluate(name: string, ...args: string[]): Promise<string> {
    return text(await this.contract.evaluateTransaction(name, ...args));
  }

  async submit(name: string, ...args: string[]): Promise<string> {
    return text(await this.contract.submitTransaction(name, ...args));
  }

  async stop(): Promise<void> {
    await this.ledger.stop();
    await this.fixture.dispose();
  }
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

export function signDigestWith(keyPem: string): Signer {
  return signers.newPrivateKeySigner(createPrivateKey(keyPem));
}

/** What the work was refused with; fails where it was not. */
export async function refusal(work: Promise<unknown>): Promise<GatewayError> {
  const error: unknown = await work.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GatewayError);
  return error as GatewayError;
}
