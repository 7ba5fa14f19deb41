/** A provider that serves people, vehicles it certified and their charging records, over both test chains. */
import { GATEWAYS, PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { type Person } from '@chargecast/network';
import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  authenticationKeyId,
  type Certificate,
  certificateCommitment,
  CHARGING_RECORDS,
  type ChargingRecordEntry,
  chargingStatement,
  chargingTransaction,
  commitIdentity,
  type Grant,
  grantBytes,
  type Grantor,
  grantStatement,
  type ReadRequest,
  readRequestBytes,
  type Scope,
  type SignedGrant,
  subjectCommitment,
  type SubjectOpening,
  type VehicleReadings,
  type VehicleReport,
  vehicleReportBytes,
  vehicleCommitment,
  type Withdrawal,
} from '@chargecast/protocol';
import { Role, toHex } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { type RunningRole } from '../../common/running-role';
import { startEsp } from '../../esp';
import { type Ask, type HttpAnswer, TestPeople } from '../../rest/testing/people';
import { eventually, TestNetwork } from '../../testing/test-network';

export const OPERATOR_MSP = 'CSS4MSP';

export interface Owned {
  readonly certificate: Certificate;
  readonly id: string;
  readonly key: AuthenticationKey;
  readonly owner: AuthenticationKey;
}
export interface Recorded {
  readonly opening: SubjectOpening;
  readonly entry: ChargingRecordEntry;
}
type Words = Partial<Pick<Grant, 'kind' | 'scopes' | 'until' | 'subject'>>;

const seconds = (): number => Math.floor(Date.now() / 1000);

export class ProviderScene {
  readonly network: TestNetwork;
  readonly people: TestPeople;
  readonly esp: RunningRole;
  readonly provider = PROVIDER;
  #version = 0;

  private constructor(network: TestNetwork, people: TestPeople, esp: RunningRole) {
    this.network = network;
    this.people = people;
    this.esp = esp;
  }

  static async start(seed?: string): Promise<ProviderScene> {
    const network = await TestNetwork.start(seed);
    const people = await TestPeople.make();
    network.closing(() => people.remove());
    const config = await network.espConfig({ rest: await people.restConfig(PROVIDER) });
    const esp = await startEsp(config, { connect: async () => network.ledger() });
    network.closing(() => esp.stop());
    const scene = new ProviderScene(network, people, esp);
    await eventually(async () => (await scene.ask(undefined, '/readyz')).status === 200, 'the provider');
    return scene;
  }

  stop(): Promise<void> {
    return this.network.stop();
  }

  person(role: Person['role'], name = '1', at: string = PROVIDER): Person {
    return { role, at, name };
  }

  ask(person: Person | undefined, path: string, ask: Ask = {}): Promise<HttpAnswer> {
    return this.people.ask(`${this.esp.url}${path}`, person, ask);
  }

  /** Registers a vehicle of the test's EV process. */
  async vehicle(unit: 'VIN1' | 'VIN2'): Promise<Owned> {
    const [key, owner] = [AuthenticationKey.generate(), AuthenticationKey.generate()];
    const identity = { vin: unit };
    const application: Application = {
      provider: PROVIDER,
      version: 1,
      publicKey: key.publicKey,
      attributes: { role: 'vehicle', auth: 'user' },
      tag: 'A',
      owner: owner.publicKey,
      commitment: commitIdentity(Buffer.alloc(32, 7), identity),
    };
    const client = await this.network.client('Esp', this.esp, 'ev', 'ev1');
    const applicant = {
      unit,
      application: JSON.stringify(application),
      proof: key.sign(applicationBytes(this.#ctx, application)),
      handover: '',
      salt: '07'.repeat(32),
      identity: JSON.stringify(identity),
    };
    const [outcome] = (await client.register({ applicants: [applicant] })).outcomes;
    const certificate = JSON.parse(outcome?.certificate ?? '') as Certificate;
    return { certificate, id: certificate.id, key, owner };
  }

  /** A charging session of the vehicle as it stands on the data chain. @param operator of the station */
  async session({ id: subject }: Owned, operator = OPERATOR_MSP): Promise<Recorded> {
    const { consortium } = this.network.chain;
    const session = randomBytes(16).toString('hex');
    const opening = { subject, blinding: randomBytes(32).toString('hex'), session };
    const pile = await consortium.world.enrol(`pile ${session}`, Role.CP);
    const approvals = consortium.approvals(
      pile.record,
      GATEWAYS.filter((mspId) => mspId !== operator),
    );
    await this.#submit(CHARGING_RECORDS.admitMeters, {
      ...consortium.entry(pile.record),
      owner: operator,
      approvals,
    });
    const record = {
      transaction: chargingTransaction(session),
      meter: toHex(pile.record.f),
      vehicle: vehicleCommitment({ vehicle: 'fe'.repeat(16), session }),
      subject: subjectCommitment({ certificate: certificateCommitment(opening), session }),
      readings: [
        { at: seconds() - 7_200, importWh: 1_000, exportWh: 0 },
        { at: seconds() - 60, importWh: 13_345, exportWh: 0 },
      ],
    };
    const entry = { ...record, signature: consortium.sign(pile.q, chargingStatement(record)) };
    await this.#submit(CHARGING_RECORDS.addChargingRecord, entry);
    return { opening, entry };
  }

  /** A maintenance report of the vehicle on the data chain, which the provider admits it to. */
  async report({ id: vehicle, key }: Owned, sequence: number, readings: VehicleReadings['maintenance']): Promise<void> {
    const report: VehicleReport = { vehicle, kind: 'maintenance', sequence, at: seconds() - 60, readings };
    const signature = key.sign(vehicleReportBytes(this.#ctx, report, 'vehicle'));
    const client = await this.network.client('Esp', this.esp, 'esp', PROVIDER);
    const operate = (verb: string, parameters: object): Promise<unknown> =>
      client.administer({ verb, parameters: JSON.stringify(parameters) });
    await operate('admitVehicle', { id: vehicle });
    await operate('reportVehicle', { report: JSON.stringify({ ...report, signature }) });
  }

  /** A question signed by a key; as the owner where it is the vehicle's. */
  request(key: AuthenticationKey, { id, certificate }: Owned, scope: Scope, at = seconds()): ReadRequest {
    const owner = key.publicKey === certificate.owner ? { owner: this.#ownerParts(certificate) } : {};
    const body = { subject: id, scope, at, key: key.publicKey, ...owner };
    return { ...body, signature: key.sign(readRequestBytes(this.#ctx, body)) };
  }

  grant(vehicle: Owned, party: string, words: Words = {}): SignedGrant {
    const grant: Grant = { ...this.#head(vehicle, party), kind: 'carmaker', ...this.#terms(), ...words };
    return { ...grant, signature: vehicle.owner.sign(grantBytes(this.#ctx, grant)) };
  }

  withdrawal(vehicle: Owned, party: string): Withdrawal {
    const body = this.#head(vehicle, party);
    return { ...body, signature: vehicle.owner.sign(grantBytes(this.#ctx, body)) };
  }

  /** The station operator's word, carried to both chains as its own tool would. */
  async operatorsWord(party: string, isGrant: boolean, operator = OPERATOR_MSP): Promise<void> {
    const { consortium } = this.network.chain;
    const grantor = { by: 'operator' as const, name: operator };
    const head = { grantor, subject: '*', party, version: this.#next() };
    const word: Grant | typeof head = isGrant ? { ...head, kind: 'carmaker', ...this.#terms() } : head;
    const signature = consortium.sign(consortium.world.organisation(operator).secret, grantStatement(word));
    const client = await this.network.client('Esp', this.esp, 'esp', PROVIDER);
    await client.authorize({ word: JSON.stringify({ ...word, signature }) });
  }

  /** A car maker with a key the provider has bound to its name. */
  async carMaker(name: string): Promise<{ readonly person: Person; readonly key: AuthenticationKey; party: string }> {
    const key = AuthenticationKey.generate();
    const party = `key:${authenticationKeyId(key.publicKey)}`;
    const bound = await this.ask(this.person('operator'), `/v1/car-makers/${name}`, { method: 'PUT', body: { party } });
    if (bound.status !== 200) throw new Error(bound.text);
    return { person: this.person('car-maker', name), key, party };
  }

  /** What the provider's own permission is given by. */
  permission(until = seconds() + 86_400): object {
    return { subject: '*', scopes: ['charging'], until };
  }

  get #ctx(): Uint8Array {
    return this.network.chain.trust.params.ctx;
  }

  #ownerParts({ attributes: { role }, provider, owner, commitment }: Certificate): Omit<OwnerGrantor, 'by'> {
    return { role, provider, owner, commitment };
  }

  #head({ id, certificate }: Owned, party: string): Pick<Grant, 'grantor' | 'subject' | 'party' | 'version'> {
    return {
      grantor: { by: 'owner', ...this.#ownerParts(certificate) },
      subject: id,
      party,
      version: this.#next(),
    };
  }

  #terms(): Pick<Grant, 'scopes' | 'until'> {
    return { scopes: ['charging'], until: seconds() + 86_400 };
  }

  #next(): number {
    return (this.#version += 1);
  }

  async #submit(name: string, item: object): Promise<void> {
    const transaction = { contract: CHARGING_RECORDS.contract, name, args: [JSON.stringify([item])] };
    const { result } = await this.network.ledger('relay').submit('datachain', transaction);
    const { outcomes } = JSON.parse(Buffer.from(result).toString('utf8')) as { outcomes: { status: string }[] };
    if (outcomes[0]?.status !== 'committed') throw new Error(JSON.stringify(outcomes));
  }
}

type OwnerGrantor = Extract<Grantor, { by: 'owner' }>;
