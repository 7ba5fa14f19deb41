import {
  applicationBytes,
  AuthenticationKey,
  type Certificate,
  certificateBytes,
  type CertificateRole,
  commitIdentity,
  decodeCertificate,
  decodeJson,
  encodeCertificate,
  idOfApplication,
  readCertificate,
  REGISTRATION,
  type SignedSystemKey,
} from '@chargecast/protocol';
import { type HolderKey, type Params, type RecordKeys, toHex, verifyRecord } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { type CertificateView, type Credential, type RecordView, StationDesk } from '../../authentication';
import { CodedError } from '../../common/errors';
import { silentLogger } from '../../common/log';
import { type Ledger } from '../../ledger';
import { type Client } from '../../rpc';

export interface RogueStationOptions {
  /** Name of its process, and of its only pile. */
  readonly name: string;
  readonly key: HolderKey;
  readonly params: Params;
  /** The provider that vouches for it. */
  readonly provider: string;
  readonly esp: Client<'Esp'>;
  /** Of a reader: what it cannot know from a replica of its own it asks the ledger. */
  readonly auditor: Ledger;
  /** The vehicles it waits for. */
  readonly vehicles: readonly RecordKeys[];
}

export interface RogueStation {
  readonly name: string;
  readonly provider: string;
  readonly desk: StationDesk;
  readonly credential: Credential & { readonly id: string };
  /** A chain that says what the station likes. */
  readonly view: RecordView & CertificateView;
  /** Ends the desk's connection. */
  stop(): Promise<void>;
}

const now = (): number => Math.floor(Date.now() / 1000);

/** A key with an application for a certificate over it. */
function applicationFor(
  provider: string,
  role: CertificateRole,
  tag: string,
): {
  readonly key: AuthenticationKey;
  readonly application: Parameters<typeof idOfApplication>[1];
  readonly salt: Buffer;
  readonly identity: Record<string, string>;
} {
  const key = AuthenticationKey.generate();
  const salt = randomBytes(32);
  const identity = { name: tag };
  const attributes = { role, auth: role === 'pile' ? 'station' : 'user' };
  const commitment = commitIdentity(salt, identity);
  const { publicKey } = key;
  return {
    key,
    salt,
    identity,
    application: { provider, version: 1, publicKey, attributes, tag, owner: publicKey, commitment },
  };
}

/** Has its provider certify a pile, or a vehicle that nobody drives. @throws CodedError with the provider's refusal */
export async function certify(
  { esp, params, provider }: Pick<RogueStationOptions, 'esp' | 'params' | 'provider'>,
  { role, tag, unit }: { readonly role: CertificateRole; readonly tag: string; readonly unit: string },
): Promise<Credential & { readonly id: string }> {
  const { key, application, salt, identity } = applicationFor(provider, role, tag);
  const applicant = {
    unit,
    application: JSON.stringify(application),
    proof: key.sign(applicationBytes(params.ctx, application)),
    handover: '',
    salt: salt.toString('hex'),
    identity: JSON.stringify(identity),
  };
  const [outcome] = (await esp.register({ applicants: [applicant] })).outcomes;
  if (!outcome?.certificate) throw new CodedError(outcome?.code || 'E_ATTACK_SETUP', 'the provider certified nothing');
  const certificate = decodeJson(outcome.certificate, decodeCertificate, 'certificate');
  return { id: certificate.id, certificate: encodeCertificate(certificate), key };
}

/** A certificate in a provider's name that somebody else signed. */
export function forgedCertificate(params: Params, provider: string): Credential {
  const { key, application } = applicationFor(provider, 'vehicle', 'A');
  const id = idOfApplication(params.ctx, application);
  const body = { ...application, id, keyVersion: 1, issuedAt: now(), expiresAt: now() + 86_400 };
  const forged: Certificate = { ...body, signature: key.sign(certificateBytes(params.ctx, body)) };
  return { certificate: encodeCertificate(forged), key };
}

/** A certified desk that believes everybody. */
export async function openRogueStation(options: RogueStationOptions): Promise<RogueStation> {
  const { name, key, params, provider, esp, auditor, vehicles } = options;
  const credential = await certify(options, { role: 'pile', tag: `${name}/${name}`, unit: name });
  const { epoch } = key.record;
  const systemKeyOf = async (of: string): Promise<SignedSystemKey> => {
    const { contract, querySPK } = REGISTRATION;
    const reply = await auditor.evaluate('certchain', { contract, name: querySPK, args: [of] });
    return JSON.parse(Buffer.from(reply).toString('utf8')) as SignedSystemKey;
  };
  const certificate = readCertificate(credential.certificate);
  const records = new Map(vehicles.map((keys) => [toHex(keys.record.f), keys]));
  records.set(toHex(key.record.f), verifyRecord(params, key.record));
  const view: RecordView & CertificateView = {
    params,
    certificateOf: async () => certificate,
    statusOf: async () => 'valid',
    systemKeyOf,
    isFresh: () => true,
    record: async (f) => {
      const keys = records.get(toHex(f));
      return keys && { record: keys.record, keys, revoked: false, block: 0n };
    },
    epochs: () => ({ version: 1, current: epoch, accepted: [epoch], schedule: [{ epoch }] }),
  };
  const stop = new AbortController();
  const desk = new StationDesk({
    provider,
    esp,
    view,
    credential: () => credential,
    pile: () => ({ keyOf: () => key }),
    halfOpen: { total: 8, perPeer: 8 },
    admitMs: 10_000,
    graceMs: 60_000,
    now,
    log: silentLogger(),
    stopping: stop.signal,
  });
  return {
    name,
    provider,
    desk,
    credential,
    view,
    async stop() {
      stop.abort();
      await desk.stopped();
    },
  };
}
