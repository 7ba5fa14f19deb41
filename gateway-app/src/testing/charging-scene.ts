/** Piles and vehicles as real processes before the test network, and a centre whose every word the test chooses. */
import { type CommandMessage, decodeReceipt, type Receipt } from '@chargecast/protocol';
import { sessionBinding } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { type RunningRole } from '../common/running-role';
import { startCp } from '../cp';
import { startEsp } from '../esp';
import { type RunningEv, startEv } from '../ev';
import { decodePayload, encodePayload, openSealed } from '../holder';
import { startKgc } from '../kgc';
import { type Client, client, type RpcServer, serve } from '../rpc';
import { TestNetwork, type TestRole } from './test-network';

export interface Plug {
  readonly pile: Uint8Array;
  readonly session: Uint8Array;
}

/** Terms of the provider, and how the processes of piles and vehicles renew. */
export interface SceneTerms {
  readonly provider?: Record<string, number>;
  readonly renewal?: Record<string, number>;
}

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A command that stops a transaction. */
export function stopping(transactionId: string, commandId = randomBytes(16).toString('hex')): CommandMessage {
  return { commandId, kind: 'control', action: 'RequestStopTransaction', payload: { transactionId } };
}

export class ChargingScene {
  readonly network: TestNetwork;
  readonly kgc: RunningRole;
  readonly centre: TestRole;
  readonly reports: CommandMessage[] = [];
  readonly receipts: Receipt[] = [];
  /** While set, the centre takes no receipts. */
  isDeaf = false;
  readonly #esp: RunningRole;
  readonly #terms: SceneTerms;
  #csc: RpcServer | undefined;
  #cp: RunningRole | undefined;
  #ev: RunningEv | undefined;

  private constructor(network: TestNetwork, kgc: RunningRole, esp: RunningRole, centre: TestRole, terms: SceneTerms) {
    this.network = network;
    this.kgc = kgc;
    this.#esp = esp;
    this.centre = centre;
    this.#terms = terms;
  }

  static async start(seed?: string, terms: SceneTerms = {}): Promise<ChargingScene> {
    const network = await TestNetwork.start(seed);
    const kgc = await startKgc(await network.kgcConfig());
    network.closing(() => kgc.stop());
    const esp = await startEsp(await network.espConfig({ certificates: { ...terms.provider } }), {
      connect: async () => network.ledger(),
    });
    network.closing(() => esp.stop());
    const scene = new ChargingScene(network, kgc, esp, await network.holder('csc', 'csc1', kgc), terms);
    await scene.#serveCentre();
    await scene.startPiles();
    await scene.startVehicles();
    return scene;
  }

  get cp(): RunningRole {
    return this.#cp as RunningRole;
  }

  get esp(): RunningRole {
    return this.#esp;
  }

  get ev(): RunningEv {
    return this.#ev as RunningEv;
  }

  async stop(): Promise<void> {
    await this.ev.stop();
    await this.cp.stop();
    await this.#csc?.close();
    await this.network.stop();
  }

  /** Starts the piles' process; again, it serves at the port it had. */
  async startPiles(): Promise<void> {
    const port = this.#cp?.port ?? 0;
    const config = await this.network.config('cp', 'cp1', {
      listen: `127.0.0.1:${port}`,
      piles: [{ name: 'P1' }, { name: 'P2' }],
      owner: 'CSS1MSP',
      certificates: { ...this.#terms.renewal },
      sessions: { resumeSeconds: 5, answerMs: 2_000 },
      peers: {
        css: this.network.css,
        kgc: this.#at(this.kgc),
        esp: [{ name: 'provider-one', endpoint: this.#at(this.#esp) }],
        csc: [{ name: 'csc1', endpoint: this.#at(this.#csc) }],
      },
    });
    this.#cp = await startCp(config);
  }

  /** A σ of the centre for one vehicle, sealed for a session at a pile. */
  async seal(vehicle: string, plug: Plug, ...commands: CommandMessage[]): Promise<Uint8Array> {
    const bind = sessionBinding(plug.pile, plug.session);
    return this.sealTo(this.ev.vehicles.get(vehicle)?.f as Uint8Array, bind, ...commands);
  }

  async sealTo(f: Uint8Array, bind: Uint8Array | undefined, ...commands: CommandMessage[]): Promise<Uint8Array> {
    const found = await (await this.network.replica()).record(f);
    if (!found?.keys) throw new Error('the receiver’s record does not count');
    const receiver = { keys: found.keys, message: encodePayload(commands), ...(bind ? { bind } : {}) };
    return (await this.centre.holder.seal([receiver], 900)).sigma;
  }

  /** The piles' service as any vehicle's process reaches it. */
  async piles(): Promise<Client<'Pile'>> {
    const made = client('Pile', this.#at(this.cp), await this.network.tls('ev', 'ev9'));
    this.network.closing(() => made.close());
    return made;
  }

  /** The vehicles' service, with a certificate of this name. */
  async operator(name: string): Promise<Client<'Vehicle'>> {
    const made = client('Vehicle', this.#at(this.ev), await this.network.tls('ev', name));
    this.network.closing(() => made.close());
    return made;
  }

  /** Starts the vehicles' process, from where it was. */
  async startVehicles(): Promise<void> {
    const provider = 'provider-one';
    const config = await this.network.config('ev', 'ev1', {
      vehicles: ['VIN1', 'VIN2'].map((name) => ({ name, provider, csc: 'csc1' })),
      sessions: { plugInSeconds: 5 },
      certificates: { ...this.#terms.renewal },
      peers: {
        css: this.network.css,
        kgc: this.#at(this.kgc),
        esp: [{ name: provider, endpoint: this.#at(this.#esp) }],
        csc: [{ name: 'csc1', endpoint: this.#at(this.#csc) }],
        cp: [{ name: 'cp1', endpoint: this.#at(this.cp) }],
      },
    });
    this.#ev = await startEv(config);
  }

  async #serveCentre(): Promise<void> {
    const replica = await this.network.replica();
    const { holder } = this.centre;
    const take = async (sigma: Uint8Array): Promise<CommandMessage[]> => {
      const opened = await openSealed(holder, replica, Uint8Array.from(sigma), seconds());
      return opened ? decodePayload(opened) : [];
    };
    this.#csc = await serve(
      'Csc',
      {
        identify: async () => ({ f: holder.f, epoch: holder.epoch }),
        report: async ({ sigma }) => {
          this.reports.push(...(await take(sigma)));
          return {};
        },
        receipt: async ({ sigma }) => {
          if (this.isDeaf) throw Object.assign(new Error('not now'), { code: 'E_REPLICA_EMPTY' });
          this.receipts.push(...(await take(sigma)).map(({ payload }) => decodeReceipt(payload, 'receipt')));
          return {};
        },
        send: () => Promise.reject(new Error('unused')),
        curtail: () => Promise.reject(new Error('unused')),
        statement: () => Promise.reject(new Error('unused')),
        follow: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) }),
      },
      { tls: await this.network.tls('csc', 'csc1'), host: '127.0.0.1', port: 0 },
    );
  }

  #at(server: { readonly port: number } | undefined): string {
    return `127.0.0.1:${server?.port ?? 0}`;
  }
}
