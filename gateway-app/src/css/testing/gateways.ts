/** Real gateways, started from configuration files, before the test chains. */
import { GATEWAYS } from '@chargecast/chaincode/testing/consortium';
import { encodeKeyFile } from '@chargecast/protocol';
import { type Credential, type HolderKey, Role, toHex } from '@chargecast/signcryption';
import { message, publicKeys } from '@chargecast/signcryption/testing/world';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { KeyedLock } from '../../common/keyed-lock';
import { type RunningRole } from '../../common/running-role';
import { type Client } from '../../rpc';
import { TestLedger } from '../../testing/test-ledger';
import { eventually, TestNetwork } from '../../testing/test-network';
import { startCss } from '../start';

export interface Gateway {
  readonly role: RunningRole;
  readonly ledger: TestLedger;
  readonly mspId: string;
  /** As the KGC calls it. */
  readonly css: Client<'Css'>;
}

export class Gateways {
  readonly network: TestNetwork;
  readonly #ordering = new KeyedLock();
  sender: HolderKey | undefined;
  receiver: HolderKey | undefined;

  private constructor(network: TestNetwork) {
    this.network = network;
  }

  static async create(): Promise<Gateways> {
    const gateways = new Gateways(await TestNetwork.start());
    const { world } = gateways.network.chain.consortium;
    world.env.time = Math.floor(Date.now() / 1000);
    gateways.sender = await world.enrol('csc:csc1', Role.CSC);
    gateways.receiver = await world.enrol('ev:ev1/VIN1', Role.EV);
    return gateways;
  }

  /** @param index 1 to 4: whose organisation */
  async start(index: number, members: Record<string, unknown> = {}): Promise<Gateway> {
    const mspId = GATEWAYS[index - 1] as string;
    const name = `gate${index}`;
    const { secret, publicKey } = this.network.chain.consortium.world.organisation(mspId);
    const key = encodeKeyFile({ name: mspId, secret: toHex(secret.reveal()), publicKey: toHex(publicKey) });
    const organisationKey = join(this.network.directory, `${mspId}.json`);
    await writeFile(organisationKey, key, { mode: 0o600 });
    const ledger = new TestLedger(this.network.chain, {
      now: () => Math.floor(Date.now() / 1000),
      ordering: this.#ordering,
    });
    const config = await this.network.config('css', name, {
      organisationKey,
      profile: 'unused',
      identity: { mspId, name: 'relay' },
      ...members,
    });
    const role = await startCss(config, { ledger: () => Promise.resolve(ledger) });
    const newest = this.network.chain.blocksOf.datachain.length - 1;
    await eventually(async () => (await role.status())['datachainBlock'] === newest || undefined, 'the newest block');
    return { role, ledger, mspId, css: await this.network.client('Css', role, 'kgc', 'kgc') };
  }

  /** A σ of one entry, under a credential of its own. */
  async seal(text: string, credential?: Credential): Promise<{ readonly sigma: Uint8Array; readonly id: string }> {
    const { world } = this.network.chain.consortium;
    const receivers = [{ keys: publicKeys(this.receiver as HolderKey), message: message(text) }];
    const { sigma, id } = await world.seal(this.sender as HolderKey, receivers, credential);
    return { sigma, id: toHex(id) };
  }

  /** Ids of the σ's that stand on the data chain, in order, and in how many valid transactions each does. */
  committed(): string[] {
    return this.network.chain.blocksOf.datachain.flatMap(({ transactions }) =>
      transactions.flatMap(({ valid, writes }) =>
        valid ? writes.filter(({ key }) => key.startsWith('sigma:')).map(({ key }) => key.slice('sigma:'.length)) : [],
      ),
    );
  }
}
