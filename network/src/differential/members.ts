import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client, credentials } from '@grpc/grpc-js';
import { connect, type Contract, type Gateway, hash, type Signer, signers } from '@hyperledger/fabric-gateway';

import { type CertificateAuthority, loadAuthority, organisationDirectory } from '../pki';
import { type ConnectionProfile, type ProfileGateway, type ProfileOrganisation } from '../profile';
import { DifferentialError } from './errors';

/** Whose name a connection acts in. */
export interface Credentials {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** An identity connected to one organisation's gateway. */
export interface Member extends Credentials {
  readonly gateway: Gateway;
  /** The same, nothing signed by the client. */
  readonly unsigned: Gateway;
  readonly client: Client;
  /** Signs a digest. */
  readonly signer: Signer;
  contract(channel: string, chaincode?: string): Contract;
}

/** Milliseconds; a step that takes longer has hung. */
const CALL_DEADLINE = 60_000;

/** The members of a connection profile, connected when first asked for. */
export class Members {
  readonly profile: ConnectionProfile;
  readonly #stateDir: string;
  readonly #connected = new Map<string, Promise<Member>>();
  readonly #closing: (() => void)[] = [];

  /** @param stateDir holds certificates and keys of all organisations, their authorities' too */
  constructor(profile: ConnectionProfile, stateDir: string) {
    this.profile = profile;
    this.#stateDir = stateDir;
  }

  /** MSP ids of the organisations that endorse. */
  get endorsers(): readonly string[] {
    return this.profile.organisations.filter(({ role }) => role === 'css').map(({ mspId }) => mspId);
  }

  /** @param through the organisation whose gateway is used; an endorser's own, or the first */
  async of(mspId: string, name: string, through = mspId): Promise<Member> {
    const key = [mspId, name, through].join('/');
    const known = this.#connected.get(key);
    if (known) return known;
    const member = this.#connect(mspId, name, through);
    this.#connected.set(key, member);
    return member;
  }

  /** As somebody the profile does not know. */
  as(identity: Credentials, through: string): Member {
    const { mspId, certificatePem, keyPem } = identity;
    const client = this.#client(this.#gatewayOf(through));
    const signer = signers.newPrivateKeySigner(createPrivateKey(keyPem));
    const deadline = (): { deadline: number } => ({ deadline: Date.now() + CALL_DEADLINE });
    const options = {
      client,
      hash: hash.sha256,
      identity: { mspId, credentials: Buffer.from(certificatePem) },
      evaluateOptions: deadline,
      endorseOptions: deadline,
      submitOptions: deadline,
      commitStatusOptions: deadline,
    };
    const gateway = connect({ ...options, signer });
    const unsigned = connect(options);
    const { chaincode: own } = this.profile;
    return {
      ...identity,
      gateway,
      unsigned,
      client,
      signer,
      contract: (channel, chaincode = own) => gateway.getNetwork(channel).getContract(chaincode),
    };
  }

  /** The authority that certifies an organisation's members. */
  async authority(mspId: string): Promise<CertificateAuthority> {
    const directory = join(organisationDirectory(this.#stateDir, mspId), 'pki', 'ca');
    const [keyPem, certificatePem] = await readTexts(join(directory, 'key.pem'), join(directory, 'cert.pem'));
    return loadAuthority({ keyPem, certificatePem });
  }

  close(): void {
    for (const close of this.#closing) close();
  }

  async credentials(mspId: string, name: string): Promise<Credentials> {
    const files = this.#organisation(mspId).identities[name];
    if (!files) throw new DifferentialError('E_DIFFERENTIAL_SETUP', `the profile lacks identity ${name} of ${mspId}`);
    const [certificatePem, keyPem] = await readTexts(files.certPath, files.keyPath);
    return { mspId, certificatePem, keyPem };
  }

  async #connect(mspId: string, name: string, through: string): Promise<Member> {
    return this.as(await this.credentials(mspId, name), through);
  }

  #client({ endpoint, hostOverride, tlsRootCertPem }: ProfileGateway): Client {
    const options = {
      // gRPC's own limit of 4 MiB would hide the ledger's.
      'grpc.max_receive_message_length': -1,
      ...(hostOverride !== undefined && { 'grpc.ssl_target_name_override': hostOverride }),
    };
    const client = new Client(endpoint, credentials.createSsl(Buffer.from(tlsRootCertPem)), options);
    this.#closing.push(() => client.close());
    return client;
  }

  #gatewayOf(mspId: string): ProfileGateway {
    const [gateway] = this.#organisation(mspId).gateways;
    if (gateway) return gateway;
    throw new DifferentialError('E_DIFFERENTIAL_SETUP', `the profile has no gateway for ${mspId}`);
  }

  #organisation(mspId: string): ProfileOrganisation {
    const found = this.profile.organisations.find((organisation) => organisation.mspId === mspId);
    if (found) return found;
    throw new DifferentialError('E_DIFFERENTIAL_SETUP', `the profile lacks organisation ${mspId}`);
  }
}

async function readTexts(first: string, second: string): Promise<[string, string]> {
  return Promise.all([readFile(first, 'utf8'), readFile(second, 'utf8')]);
}
