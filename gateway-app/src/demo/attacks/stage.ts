import { BROADCAST, type GovernanceReply, REGISTRATION, type RecordPage } from '@chargecast/protocol';
import {
  decodeRecord,
  fromHex,
  type Limits,
  parseLimits,
  type RecordKeys,
  sessionBinding,
  toHex,
  verifyRecord,
} from '@chargecast/signcryption';

import { CodedError } from '../../common/errors';
import { type Deployment } from '../../deployment/deployment';
import { type FleetVehicle } from '../../deployment/fleet';
import { FIRST_EPOCH } from '../../deployment/genesis';
import { type Guest, providerOfStation } from '../../deployment/role-places';
import { type GatewayClient } from '../../holder';
import { type Ledger } from '../../ledger';
import { readEffects } from '../../replica';
import { type Client, readTls } from '../../rpc';
import { forge, receiver } from './forger';
import { Insider } from './insider';
import { type Trap } from './on-the-vehicle';
import { RoguePile } from './rogue-pile';
import { openRogueStation } from './rogue-station';
import { type AttackWorld, type Victim } from './world';

const INSIDER = { role: 'csc', name: 'csc-insider' } as const;
const STRANGER = { role: 'csc', name: 'csc-stranger' } as const;
const ROGUE_PILE = { role: 'cp', name: 'cp-rogue' } as const;
const ACCOMPLICE = { role: 'ev', name: 'ev-invented' } as const;

/** Certificates the attackers need; the rogue pile is also one that vehicles can drive up to. */
export const ATTACKERS: readonly Guest[] = [
  INSIDER,
  STRANGER,
  ROGUE_PILE,
  { role: 'cp', name: 'cp-foreign' },
  ACCOMPLICE,
];

export interface StageOptions {
  readonly deployment: Deployment;
  /** A vehicle that is at no pile now. */
  readonly victim: FleetVehicle;
  /** Address of an honest pile. */
  readonly pile: string;
}

/** The attackers' place in a running system; `close` leaves the system as it was. */
export class AttackStage {
  readonly world: AttackWorld;
  readonly #operator: Client<'Vehicle'>;
  readonly #undo: (() => unknown)[];

  private constructor(world: AttackWorld, operator: Client<'Vehicle'>, undo: (() => unknown)[]) {
    this.world = world;
    this.#operator = operator;
    this.#undo = undo;
  }

  /** Enrols the insider and the stranger, connects to the ledger, plugs the victim in. */
  static async open(options: StageOptions): Promise<AttackStage> {
    const undo: (() => unknown)[] = [];
    try {
      return await assemble(options, undo, (world, operator) => new AttackStage(world, operator, undo));
    } catch (error) {
      for (const step of undo.reverse()) await step();
      throw error;
    }
  }

  /** The victim drives on to the rogue pile. */
  async trap(): Promise<Trap> {
    const { deployment, params, epoch, victim } = this.world;
    await this.#operator.unplug({ vehicle: victim.vehicle });
    const { name } = ROGUE_PILE;
    const tlsFolder = deployment.layout.roleTls('cp', name);
    const kgc = await this.#open(deployment.client('Kgc', 'kgc', ROGUE_PILE));
    const rogue = await Insider.enrol({ params, epoch, role: 'cp', name, kgc });
    await rogue.becomeCounted(await gatewaysAs(deployment, ROGUE_PILE, this.#undo));
    const provider = providerOfStation(deployment, name);
    const accomplice = await Insider.enrol({
      params,
      epoch,
      ...ACCOMPLICE,
      kgc: await this.#open(deployment.client('Kgc', 'kgc', ACCOMPLICE)),
    });
    const station = await openRogueStation({
      name,
      key: rogue.key,
      params,
      provider,
      esp: await this.#open(deployment.client('Esp', provider, ROGUE_PILE)),
      auditor: this.world.auditor,
      vehicles: [victim.keys, verifyRecord(params, accomplice.key.record)],
    });
    this.#undo.push(() => station.stop());
    const pile = await RoguePile.start({
      desk: station.desk,
      tls: await readTls({ cert: 'cert.pem', key: 'key.pem', roots: 'ca.pem' }, tlsFolder),
      port: deployment.places.find((place) => place.name === name)?.port as number,
    });
    this.#undo.push(() => pile.stop());
    await this.#operator.plugIn({ vehicle: victim.vehicle, pile: name });
    const common = { pile, station, accomplice, vehicle: victim.vehicle, operator: this.#operator };
    return { ...common, sealedElsewhere: await this.#sealedElsewhere() };
  }

  async close(): Promise<void> {
    for (const step of this.#undo.reverse()) await step();
  }

  /** To the victim, in the session it had at the honest pile. */
  async #sealedElsewhere(): Promise<Uint8Array> {
    const { params, limits, insider, victim } = this.world;
    const receivers = [receiver(victim.keys, Buffer.from('for the other pile'), victim.bind)];
    return forge({ params, limits, sender: insider.key, credential: await insider.credential(), receivers });
  }

  async #open<T extends { close(): void }>(opening: Promise<T>): Promise<T> {
    const opened = await opening;
    this.#undo.push(() => opened.close());
    return opened;
  }
}

async function assemble(
  { deployment, victim, pile }: StageOptions,
  undo: (() => unknown)[],
  finish: (world: AttackWorld, operator: Client<'Vehicle'>) => AttackStage,
): Promise<AttackStage> {
  const { consortium, manifest } = deployment;
  const { params, keys, topology } = consortium;
  const opened = async <T extends { close(): void }>(opening: Promise<T>): Promise<T> => {
    const value = await opening;
    undo.push(() => value.close());
    return value;
  };
  const lastGateway = topology.organisations.at(-1)?.mspId as string;
  const relay = await opened(consortium.connect(lastGateway, 'relay'));
  const auditor = await opened(consortium.connectAs('auditor'));
  const enrol = async (guest: Guest & { role: 'csc' }): Promise<Insider> => {
    const kgc = await opened(deployment.client('Kgc', 'kgc', guest));
    return Insider.enrol({ params, epoch: FIRST_EPOCH, role: guest.role, name: guest.name, kgc });
  };
  const insider = await enrol(INSIDER);
  await insider.becomeCounted(await gatewaysAs(deployment, INSIDER, undo));
  const stranger = await enrol(STRANGER);
  const vehicles = { role: 'ev', name: 'ev1' } as const;
  const operator = await opened(deployment.client('Vehicle', vehicles.name, vehicles));
  const company = { role: 'csc', name: manifest.fleet.cscs[0] as string } as const;
  const esp = await opened(deployment.client('Esp', victim.provider, company));
  const { session, pile: pileRecord } = await operator.plugIn({ vehicle: victim.name, pile });
  const plugged: Victim = {
    vehicle: victim.name,
    keys: await recordOf(auditor, consortium, await pseudonymOf(esp, victim.contract)),
    session: Uint8Array.from(session),
    pile: Uint8Array.from(pileRecord),
    bind: sessionBinding(Uint8Array.from(pileRecord), Uint8Array.from(session)),
  };
  const limits = await limitsInForce(auditor);
  const committed = await someSigma(auditor);
  const world = { deployment, params, limits, epoch: FIRST_EPOCH, keys, relay, auditor, insider, stranger, committed };
  return finish({ ...world, victim: plugged }, operator);
}

async function gatewaysAs(deployment: Deployment, guest: Guest, undo: (() => unknown)[]): Promise<GatewayClient[]> {
  const gateways: GatewayClient[] = [];
  for (const { name, mspId } of deployment.consortium.topology.organisations) {
    const css = await deployment.client('Css', name, guest);
    undo.push(() => css.close());
    gateways.push({ mspId, css });
  }
  return gateways;
}

async function pseudonymOf(esp: Client<'Esp'>, contract: string): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(10_000);
  for await (const binding of esp.bindings({ epoch: FIRST_EPOCH }, { signal })) {
    if (binding.contract === contract) return Uint8Array.from(binding.f);
  }
  throw new CodedError('E_ATTACK_SETUP', 'the provider names no such customer');
}

async function recordOf(auditor: Ledger, { params }: Deployment['consortium'], f: Uint8Array): Promise<RecordKeys> {
  const { contract, listRecords: name } = REGISTRATION;
  for (let bookmark = ''; ;) {
    const reply = await auditor.evaluate('certchain', { contract, name, args: ['500', bookmark] });
    const page = JSON.parse(Buffer.from(reply).toString('utf8')) as RecordPage;
    const records = page.items.map(({ record }) => decodeRecord(fromHex(record)));
    const found = records.find((record) => toHex(record.f) === toHex(f));
    if (found) return verifyRecord(params, found);
    if (page.bookmark === '') throw new CodedError('E_ATTACK_SETUP', 'the vehicle has no record');
    bookmark = page.bookmark;
  }
}

/** A σ that stands on the chain. */
async function someSigma(auditor: Ledger): Promise<Uint8Array> {
  const height = await auditor.height('datachain');
  for await (const { number, transactions } of auditor.blocks('datachain', { from: 0n })) {
    const [found] = transactions.filter(({ valid }) => valid).flatMap((each) => readEffects(each).sigmas);
    if (found) return found.sigma;
    if (number + 1n >= height) break;
  }
  throw new CodedError('E_ATTACK_SETUP', 'no σ stands on the chain yet');
}

async function limitsInForce(auditor: Ledger): Promise<Limits> {
  const { contract, governance: name } = BROADCAST;
  const reply = await auditor.evaluate('datachain', { contract, name });
  return parseLimits(JSON.stringify((JSON.parse(Buffer.from(reply).toString('utf8')) as GovernanceReply).limits));
}
