import {
  AUTHORIZATION,
  dayOf,
  decodeJson,
  decodeKeyRevocation,
  decodeMisbehaviourReport,
  decodeSignedGrant,
  decodeWithdrawal,
  formatAttributes,
  type Grant,
  grantStatement,
  type KeyRevocation,
  keyRevocationStatement,
  MISBEHAVIOUR,
  type Misbehaviour,
  type MisbehaviourReport,
  REGISTRATION,
  type Reporter,
  reportStatement,
  REVOCATION_REASONS,
  signLedgerStatement,
  type SignedGrant,
  type Statement,
  type Withdrawal,
} from '@chargecast/protocol';
import { type KeyPair, type Params } from '@chargecast/signcryption';
import { z } from 'zod';

import { validate } from '../../common/config';
import { CodedError } from '../../common/errors';
import { SIGNING_ENV } from '../../common/signing-env';
import { type Channel, type Ledger } from '../../ledger';
import { type ReplicaView } from '../../replica';
import { FLEET_SHAPES, FleetOperations } from './fleet-operations';
import { type Registration, type Registrations } from './registrations';

export interface OperationsParts {
  readonly provider: string;
  readonly key: KeyPair;
  readonly params: Params;
  readonly ledger: Pick<Ledger, 'submit' | 'evaluate'>;
  readonly replica: Pick<ReplicaView, 'certificateOf' | 'statusOf' | 'systemKeyOf'>;
  readonly registrations: Registrations;
  /** Unix seconds. */
  readonly now: () => number;
}

const id = z.string().regex(/^[0-9a-f]{32}$/, 'must be the ID of a vehicle or pile: 32 hex digits');
/** By ID, or by what the provider knows it as. */
const which = z.union([z.strictObject({ id }), z.strictObject({ name: z.string().min(1).max(256) })]);

const SHAPES = {
  query: which,
  list: z.strictObject({ after: id.optional(), limit: z.int().positive().max(500).default(100) }),
  revoke: z.strictObject({ id, reason: z.enum(REVOCATION_REASONS), effective: z.int().nonnegative().optional() }),
  /** `revocation` is JSON, signed by the owner. */
  carryRevocation: z.strictObject({ revocation: z.string().min(2) }),
  erase: z.strictObject({ id }),
  report: z.strictObject({
    id,
    kind: z.enum(Object.keys(MISBEHAVIOUR) as [Misbehaviour, ...Misbehaviour[]]),
    evidence: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the evidence: 64 hex digits'),
  }),
  /** `report` is JSON, signed by its reporter. */
  carryReport: z.strictObject({ report: z.string().min(2) }),
  permit: z.strictObject({
    subject: z.union([id, z.literal('*')]),
    party: z.string(),
    scopes: z.array(z.string()),
    until: z.int(),
    version: z.int().positive(),
  }),
  forbid: z.strictObject({
    subject: z.union([id, z.literal('*')]),
    party: z.string(),
    version: z.int().positive(),
  }),
  check: z.strictObject({ subject: id, party: z.string(), scope: z.string(), operator: z.string().default('') }),
  ...FLEET_SHAPES,
} as const;

export type Verb = keyof typeof SHAPES;
type Parameters<V extends Verb> = z.output<(typeof SHAPES)[V]>;

/** What the provider's operator may do, and what becomes of an owner's signed word. */
export class Operations {
  readonly #parts: OperationsParts;
  readonly #fleet: FleetOperations;
  readonly #operations: Readonly<Record<Verb, (parameters: string) => Promise<object>>> = {
    query: (given) => this.#query(read('query', given)),
    list: (given) => this.#list(read('list', given)),
    revoke: (given) => this.#revoke(read('revoke', given)),
    carryRevocation: async (given) => {
      const { revocation } = read('carryRevocation', given);
      return this.#carryRevocation(decodeJson(revocation, decodeKeyRevocation, 'revocation'));
    },
    erase: (given) => this.#erase(read('erase', given)),
    report: (given) => this.#report(read('report', given)),
    carryReport: async (given) => {
      const { report } = read('carryReport', given);
      return this.#carryReport(decodeJson(report, decodeMisbehaviourReport, 'report'));
    },
    permit: (given) => this.#permit(read('permit', given)),
    forbid: (given) => this.#forbid(read('forbid', given)),
    check: (given) => this.#check(read('check', given)),
    admitVehicle: async (given) => {
      await this.#mirrorProvider();
      return this.#fleet.admit(read('admitVehicle', given));
    },
    reportVehicle: (given) => this.#fleet.report(read('reportVehicle', given)),
    vehicleReports: (given) => this.#fleet.reports(read('vehicleReports', given)),
    vehicleAlerts: (given) => this.#fleet.alerts(read('vehicleAlerts', given)),
  };

  constructor(parts: OperationsParts) {
    this.#parts = parts;
    this.#fleet = new FleetOperations(parts);
  }

  /** @throws CodedError E_VERB, E_CONFIG_INVALID, E_NOT_REGISTERED; LedgerError with the chaincode's code */
  async administer(verb: string, parameters: string): Promise<object> {
    const operation = Object.hasOwn(this.#operations, verb) ? this.#operations[verb as Verb] : undefined;
    if (operation) return operation(parameters);
    throw new CodedError('E_VERB', `there is no operation of this name; there are ${Object.keys(SHAPES).join(', ')}`);
  }

  /**
   * To both channels, so that a withdrawal is never left undone where it counts: that one goes to the data chain first.
   * @throws LedgerError with the chaincode's code
   */
  async carry(source: string): Promise<Readonly<Record<Channel, string>>> {
    const word = decodeWord(source);
    const isGrant = 'scopes' in word;
    const name = isGrant ? AUTHORIZATION.authorize : AUTHORIZATION.revokeAuthorization;
    const order: readonly Channel[] = isGrant ? ['certchain', 'datachain'] : ['datachain', 'certchain'];
    const ends: Partial<Record<Channel, string>> = {};
    await this.#mirrorProvider();
    for (const channel of order) {
      const { status } = await this.#submit<{ status: string }>(channel, AUTHORIZATION.contract, name, word);
      ends[channel] = status;
    }
    return ends as Record<Channel, string>;
  }

  /** The data chain needs the provider's key for its permissions and its vehicles; put again it changes nothing. */
  async #mirrorProvider(): Promise<void> {
    const { ledger, provider } = this.#parts;
    const entry = await ledger.evaluate('certchain', {
      contract: REGISTRATION.contract,
      name: REGISTRATION.getProvider,
      args: [provider],
    });
    const args = [Buffer.from(entry).toString('utf8')];
    const transaction = { contract: AUTHORIZATION.contract, name: AUTHORIZATION.mirrorProvider, args };
    const { status } = parse<{ status: string }>(await ledger.evaluate('datachain', transaction));
    if (status !== 'unchanged') await ledger.submit('datachain', transaction);
  }

  async #find(given: Parameters<'query'>): Promise<Registration> {
    const { registrations } = this.#parts;
    const found = await ('id' in given ? registrations.find(given.id) : registrations.findByName(given.name));
    if (found) return found;
    throw new CodedError('E_NOT_REGISTERED', 'this provider has registered no such vehicle or pile; see `esp list`');
  }

  async #query(given: Parameters<'query'>): Promise<object> {
    const { replica, now, provider } = this.#parts;
    const registration = await this.#find(given);
    return {
      ...(await this.#summary(registration)),
      certificate: (await replica.certificateOf(registration.id)) ?? null,
      systemKey: (await replica.systemKeyOf(provider)) ?? null,
      identity: registration.opening?.identity ?? null,
      reputation: await this.#reputation(registration.id),
      at: now(),
    };
  }

  async #reputation(subject: string): Promise<number | null> {
    const { ledger, replica } = this.#parts;
    if (!(await replica.certificateOf(subject))) return null;
    const transaction = { contract: REGISTRATION.contract, name: REGISTRATION.reputation, args: [subject] };
    return parse<{ value: number }>(await ledger.evaluate('certchain', transaction)).value;
  }

  async #list({ after, limit }: Parameters<'list'>): Promise<object> {
    const items: object[] = [];
    let last = '';
    for await (const registration of this.#parts.registrations.all(after)) {
      if (items.length === limit) return { items, next: last };
      items.push(await this.#summary(registration));
      last = registration.id;
    }
    return { items };
  }

  /** The certificate in force, and how the last application for the ID stands. */
  async #summary({ id: subject, name, entry, standing, stage, code }: Registration): Promise<object> {
    const { replica, now } = this.#parts;
    const { version, expiresAt, attributes, tag } = standing ?? entry.certificate;
    return {
      id: subject,
      name: name === '' ? null : name,
      tag,
      attributes: formatAttributes(attributes),
      version,
      expiresAt,
      stage,
      ...(code !== '' && { code }),
      status: (await replica.statusOf(subject, now())) ?? 'unknown',
    };
  }

  async #revoke({ id: subject, reason, effective }: Parameters<'revoke'>): Promise<object> {
    const body = { id: subject, reason, effective: effective ?? this.#parts.now() };
    const signature = this.#sign(keyRevocationStatement(body));
    const authority = [{ by: 'provider' as const, name: this.#parts.provider, signature }];
    return this.#carryRevocation({ ...body, authority });
  }

  /** On the data chain as well, where the vehicle reports to it. */
  async #carryRevocation(revocation: KeyRevocation): Promise<object> {
    const { contract, revokePK } = REGISTRATION;
    const revoked = await this.#submit('certchain', contract, revokePK, revocation);
    return { ...revoked, datachain: await this.#fleet.withdraw(revocation) };
  }

  async #erase({ id: subject }: Parameters<'erase'>): Promise<object> {
    const registration = await this.#find({ id: subject });
    await this.#parts.registrations.erase(registration);
    return { id: subject, erased: registration.opening !== undefined };
  }

  #report({ id: subject, kind, evidence }: Parameters<'report'>): Promise<object> {
    const reporter: Reporter = { by: 'provider', name: this.#parts.provider };
    const body: Omit<MisbehaviourReport, 'signature'> = {
      subject,
      kind,
      day: dayOf(this.#parts.now()),
      evidence,
      reporter,
    };
    return this.#carryReport({ ...body, signature: this.#sign(reportStatement(body)) });
  }

  #carryReport(report: MisbehaviourReport): Promise<object> {
    return this.#submit('certchain', REGISTRATION.contract, REGISTRATION.reportMisbehaviour, report);
  }

  /** The provider's own permission for a car maker's use. */
  #permit({ subject, party, scopes, until, version }: Parameters<'permit'>): Promise<object> {
    const body = {
      grantor: { by: 'provider' as const, name: this.#parts.provider },
      subject,
      party,
      kind: 'carmaker' as const,
      scopes: scopes as Grant['scopes'],
      until,
      version,
    };
    return this.carry(JSON.stringify({ ...body, signature: this.#sign(grantStatement(body)) }));
  }

  #forbid({ subject, party, version }: Parameters<'forbid'>): Promise<object> {
    const body = { grantor: { by: 'provider' as const, name: this.#parts.provider }, subject, party, version };
    return this.carry(JSON.stringify({ ...body, signature: this.#sign(grantStatement(body)) }));
  }

  /** What each channel says by its own state. */
  async #check({ subject, party, scope, operator }: Parameters<'check'>): Promise<Readonly<Record<Channel, object>>> {
    const args = [subject, party, scope, operator];
    const transaction = { contract: AUTHORIZATION.contract, name: AUTHORIZATION.isAuthorized, args };
    const [certchain, datachain] = await Promise.all(
      (['certchain', 'datachain'] as const).map(async (channel) =>
        parse<object>(await this.#parts.ledger.evaluate(channel, transaction)),
      ),
    );
    return { certchain: certchain as object, datachain: datachain as object };
  }

  #sign(statement: Statement): string {
    const { params, key } = this.#parts;
    return signLedgerStatement(SIGNING_ENV, params, key.secret, statement);
  }

  async #submit<T extends object>(channel: Channel, contract: string, name: string, argument: object): Promise<T> {
    const transaction = { contract, name, args: [JSON.stringify(argument)] };
    return parse<T>((await this.#parts.ledger.submit(channel, transaction)).result);
  }
}

const parse = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString('utf8')) as T;

function read<V extends Verb>(verb: V, source: string): Parameters<V> {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (cause) {
    throw new CodedError('E_CONFIG_SYNTAX', `the parameters of ${verb} must be JSON`, { cause });
  }
  return validate(SHAPES[verb], value, `the parameters of ${verb}`) as Parameters<V>;
}

/** A withdrawal has no scopes. */
function decodeWord(source: string): SignedGrant | Withdrawal {
  return decodeJson<SignedGrant | Withdrawal>(
    source,
    (value, at) =>
      typeof value === 'object' && value !== null && 'scopes' in value
        ? decodeSignedGrant(value, at)
        : decodeWithdrawal(value, at),
    'word',
  );
}
