/** Both channels, initialised, with every party that signs: what the contract tests start from. */
import './silence';
import {
  type Authority,
  BROADCAST,
  encodeSigmaList,
  type Epochs,
  type EpochsItem,
  governanceStatement,
  type Json,
  type LedgerRole,
  LEDGER_ROLES,
  type LimitsItem,
  type OrganisationSignature,
  type Provider,
  type ProviderEntry,
  providerStatement,
  type RecordEntry,
  REGISTRATION,
  type Revocation,
  type RevocationItem,
  type RevocationItemKind,
  signLedgerStatement,
  type SignedSlotHead,
  type SlotHead,
  slotNumber,
  slotStatement,
  type Statement,
  type SubmitReply,
} from '@chargecast/protocol';
import { encodeLimits, type Limits } from '@chargecast/signcryption/limits';
import { encodeParams } from '@chargecast/signcryption/params';
import { encodeRecord, type LedgerRecord } from '@chargecast/signcryption/record';
import { Role } from '@chargecast/signcryption/roles';
import { type Secret } from '@chargecast/signcryption/secret';
import { generateKeyPair, type KeyPair, signStatement } from '@chargecast/signcryption/statements';
import { EPOCH, hex, NOW, World } from '@chargecast/signcryption/testing/world';
import { CodedChaincode } from '../coded-chaincode';
import { makeIdentity, type TestIdentity } from './identities';
import { type Call, MemoryLedger, type Simulation } from './memory-ledger';

export const GATEWAYS = ['CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP'] as const;
export const PROVIDER = 'provider-one';
/** The pinned organisations other than the KGC. */
export const CONSORTIUM = [...GATEWAYS, 'ESP1MSP'] as const;

export type Unsigned<T> = T extends { readonly authority: unknown } ? Omit<T, 'authority'> : never;
type CallOptions = Partial<Pick<Call, 'time' | 'transient' | 'transactionId' | 'as'>>;

export class Consortium {
  readonly world: World;
  readonly certchain: MemoryLedger;
  readonly datachain: MemoryLedger;
  readonly provider: KeyPair;
  readonly paramsJson: string;
  readonly #identities: ReadonlyMap<LedgerRole, TestIdentity>;

  private constructor(world: World, identities: ReadonlyMap<LedgerRole, TestIdentity>) {
    const chaincode = new CodedChaincode();
    this.world = world;
    this.#identities = identities;
    this.certchain = new MemoryLedger('certchain', chaincode);
    this.datachain = new MemoryLedger('datachain', chaincode);
    this.provider = generateKeyPair(world.env);
    this.paramsJson = encodeParams(world.params);
  }

  /** Parties and empty channels. */
  static async create(seed?: string): Promise<Consortium> {
    const roles = LEDGER_ROLES.map(async (role) => [role, await makeIdentity('CSS1MSP', role)] as const);
    return new Consortium(new World(seed), new Map(await Promise.all(roles)));
  }

  /** Params, limits, epochs, one provider and the current slot on both channels. */
  static async initialised(seed?: string): Promise<Consortium> {
    const consortium = await Consortium.create(seed);
    await consortium.register('admin', REGISTRATION.init, [consortium.paramsJson, '{}']);
    const { limits, epochs } = consortium.genesis();
    await consortium.cast('admin', BROADCAST.init, [consortium.paramsJson, JSON.stringify({ limits, epochs }), '{}']);
    for (const item of [limits, epochs]) {
      await consortium.register('kgc', REGISTRATION.mirrorGovernance, [JSON.stringify(item)]);
    }
    await consortium.register('provider', REGISTRATION.putProvider, [JSON.stringify(consortium.providerEntry())]);
    await consortium.advance(slotNumber(NOW));
    return consortium;
  }

  as(role: LedgerRole): TestIdentity {
    const identity = this.#identities.get(role);
    if (!identity) throw new Error(`no identity for ${role}`);
    return identity;
  }

  #call(contract: string, role: LedgerRole, name: string, args: Call['args'], options: CallOptions): Call {
    return { name: `${contract}:${name}`, args, as: this.as(role), time: NOW, ...options };
  }

  async register(role: LedgerRole, name: string, args: string[] = [], options: CallOptions = {}): Promise<Simulation> {
    return this.certchain.submit(this.#call(REGISTRATION.contract, role, name, args, options));
  }

  async cast(role: LedgerRole, name: string, args: Call['args'] = [], options: CallOptions = {}): Promise<Simulation> {
    return this.datachain.submit(this.#call(BROADCAST.contract, role, name, args, options));
  }

  async endorse(sigmas: readonly Uint8Array[], options: CallOptions = {}): Promise<Simulation> {
    return this.datachain.simulate(
      this.#call(BROADCAST.contract, 'relay', BROADCAST.submit, [encodeSigmaList(sigmas)], options),
    );
  }

  /** Endorses and commits; the reply. */
  async submit(sigmas: readonly Uint8Array[], options: CallOptions = {}): Promise<SubmitReply> {
    const simulation = await this.endorse(sigmas, options);
    if (simulation.status !== 200) throw new Error(simulation.message);
    const verdict = this.datachain.commit(simulation);
    if (verdict !== 'VALID') throw new Error(verdict);
    return JSON.parse(simulation.payload) as SubmitReply;
  }

  query<T>(role: LedgerRole, chain: 'certchain' | 'datachain', name: string, args: string[] = []): Promise<T> {
    const contract = chain === 'certchain' ? REGISTRATION.contract : BROADCAST.contract;
    return this[chain].evaluate<T>(this.#call(contract, role, name, args, {}));
  }

  sign(secret: Secret, statement: Statement): string {
    return signLedgerStatement(this.world.env, this.world.params, secret, statement);
  }

  signatures(mspIds: readonly string[], statement: Statement): OrganisationSignature[] {
    return mspIds.map((mspId) => ({
      mspId,
      signature: this.sign(this.world.organisation(mspId).secret, statement),
    }));
  }

  organisations(mspIds: readonly string[], statement: Statement): Authority[] {
    return this.signatures(mspIds, statement).map(({ mspId: name, signature }) => ({
      by: 'organisation',
      name,
      signature,
    }));
  }

  /** The item under the KGC's signature and those of the organisations named. */
  versioned<T extends LimitsItem | EpochsItem>(
    item: Unsigned<T>,
    mspIds: readonly string[] = GATEWAYS.slice(0, 3),
    kgc = true,
  ): T {
    const statement = governanceStatement(item);
    const own: Authority[] = kgc ? [{ by: 'kgc', signature: this.sign(this.world.kgc.masterSecret, statement) }] : [];
    return { ...item, authority: [...own, ...this.organisations(mspIds, statement)] } as unknown as T;
  }

  limits(limits: Limits = this.world.limits): Unsigned<LimitsItem> {
    const body = JSON.parse(encodeLimits(limits)) as Record<string, Json>;
    return { kind: 'limits', version: limits.version, body };
  }

  epochs(version = 1, body: Epochs = { current: EPOCH, accepted: [{ epoch: EPOCH }] }): Unsigned<EpochsItem> {
    return { kind: 'epochs', version, body };
  }

  genesis(): { limits: LimitsItem; epochs: EpochsItem } {
    return {
      limits: this.versioned<LimitsItem>(this.limits()),
      epochs: this.versioned<EpochsItem>(this.epochs()),
    };
  }

  revocation(
    kind: RevocationItemKind,
    subject: string,
    authority: (statement: Statement) => Authority[],
    { effective = NOW, reason = 'compromised' }: Partial<Omit<Revocation, 'subject'>> = {},
  ): RevocationItem {
    const item = { kind, body: { subject, reason, effective } };
    return { ...item, authority: authority(governanceStatement(item)) };
  }

  slotHead(head: Partial<SlotHead> = {}, mspIds: readonly string[] = GATEWAYS.slice(0, 3)): SignedSlotHead {
    const whole: SlotHead = {
      number: slotNumber(NOW),
      epoch: EPOCH,
      recordsRoot: '11'.repeat(64),
      revocationsRoot: '22'.repeat(64),
      certchainBlock: 3,
      ...head,
    };
    return { ...whole, signatures: this.signatures(mspIds, slotStatement(whole)) };
  }

  async advance(number: number): Promise<Simulation> {
    const head = JSON.stringify(this.slotHead({ number }));
    return this.cast('relay', BROADCAST.advanceSlot, [head], { time: number * 900 });
  }

  providerEntry(provider: Partial<Provider> = {}, mspIds: readonly string[] = GATEWAYS.slice(0, 3)): ProviderEntry {
    const body = { provider: PROVIDER, mspId: 'ESP1MSP', key: hex(this.provider.publicKey), ...provider };
    return { ...body, approvals: this.signatures(mspIds, providerStatement(body)) };
  }

  approvals(record: LedgerRecord, mspIds: readonly string[] = GATEWAYS.slice(0, 3)): OrganisationSignature[] {
    const { env, params } = this.world;
    return mspIds.map((mspId) => {
      const signature = signStatement(env, params, this.world.organisation(mspId).secret, { tag: 'appr', record });
      return { mspId, signature: hex(signature) };
    });
  }

  /** A record with the support its role needs. */
  entry(record: LedgerRecord): RecordEntry {
    if (record.role !== Role.EV) return { record: hex(encodeRecord(record)), approvals: this.approvals(record) };
    return this.vehicleEntry(record, this.provider.secret);
  }

  vehicleEntry(record: LedgerRecord, secret: Secret, provider = PROVIDER): RecordEntry {
    const signature = hex(signStatement(this.world.env, this.world.params, secret, { tag: 'csig', record }));
    return { record: hex(encodeRecord(record)), approvals: [], countersignature: { provider, signature } };
  }
}

/** The code of a refusal that left the chaincode. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    const { message } = error as Error;
    const code = /^(E_[A-Z0-9_]+): .{10,}/s.exec(message)?.[1];
    if (code === undefined || message.includes('    at '))
      throw new Error(`no coded refusal: ${message}`, { cause: error });
    return code;
  }
  throw new Error('expected a refusal');
}
