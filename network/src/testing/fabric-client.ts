import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { Client, credentials } from '@grpc/grpc-js';
import { connect, type Contract, type Gateway, hash, signers } from '@hyperledger/fabric-gateway';

import { readProfile } from '../profile';

/** One identity of a connection profile at one of its organisation's gateways. */
export class FabricClient {
  readonly #gateway: Gateway;
  readonly #client: Client;

  private constructor(gateway: Gateway, client: Client) {
    this.#gateway = gateway;
    this.#client = client;
  }

  /** @param gateway index into the organisation's gateways */
  static async connect(profileFile: string, mspId: string, name: string, gateway = 0): Promise<FabricClient> {
    const profile = await readProfile(profileFile);
    const organisation = profile.organisations.find((candidate) => candidate.mspId === mspId);
    const identity = organisation?.identities[name];
    const target = organisation?.gateways[gateway];
    if (!identity || !target) throw new RangeError(`no ${name} of ${mspId} or no gateway ${gateway}`);
    const client = new Client(target.endpoint, credentials.createSsl(Buffer.from(target.tlsRootCertPem)), {
      'grpc.ssl_target_name_override': target.hostOverride ?? 'localhost',
      'grpc.max_reconnect_backoff_ms': 1000,
    });
    const within = (milliseconds: number) => () => ({ deadline: Date.now() + milliseconds });
    const connected = connect({
      client,
      identity: { mspId, credentials: await readFile(identity.certPath) },
      signer: signers.newPrivateKeySigner(createPrivateKey(await readFile(identity.keyPath))),
      hash: hash.sha256,
      evaluateOptions: within(5_000),
      endorseOptions: within(10_000),
      submitOptions: within(10_000),
      commitStatusOptions: within(30_000),
    });
    return new FabricClient(connected, client);
  }

  contract(channel: string): Contract {
    return this.#gateway.getNetwork(channel).getContract('chargecast');
  }

  close(): void {
    this.#gateway.close();
    this.#client.close();
  }
}
