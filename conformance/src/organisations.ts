import { type CertificateAuthority, createAuthority, issueCertificate, loadAuthority } from '@chargecast/network';
import { type KeyPair, type OrganisationOptions } from '@chargecast/network/embedded/index';

/** One of the suite's organisations with its first peer, as the features name them. */
interface OrganisationNames {
  readonly mspId: string;
  readonly peer: string;
  /** In the peer's external endpoint; nothing listens there. */
  readonly port: number;
}

const ORGANISATIONS: readonly OrganisationNames[] = [
  { mspId: 'Org1MSP', peer: 'peer0.org1.example.com', port: 7051 },
  { mspId: 'Org2MSP', peer: 'peer0.org2.example.com', port: 8051 },
  { mspId: 'Org3MSP', peer: 'peer0.org3.example.com', port: 11051 },
];

/** An organisation with its certificate authorities; its users are certified as scenarios ask for them. */
export class Organisation {
  readonly mspId: string;
  readonly peer: string;
  readonly externalEndpoint: string;
  readonly tlsRootPem: string;
  readonly options: OrganisationOptions;
  readonly #authority: CertificateAuthority;
  readonly #users = new Map<string, Promise<KeyPair>>();

  private constructor(
    { mspId, peer, port }: OrganisationNames,
    authority: CertificateAuthority,
    tlsAuthority: CertificateAuthority,
    { signer, tls }: { signer: KeyPair; tls: KeyPair },
  ) {
    this.mspId = mspId;
    this.peer = peer;
    this.externalEndpoint = `${peer}:${port}`;
    this.tlsRootPem = tlsAuthority.certificatePem;
    this.options = {
      mspId,
      rootCertificatesPem: [authority.certificatePem],
      peer: { signer, externalEndpoint: this.externalEndpoint, gateway: { host: '127.0.0.1', port: 0, tls } },
    };
    this.#authority = authority;
  }

  static async make(names: OrganisationNames): Promise<Organisation> {
    const { mspId, peer } = names;
    const authority = await loadAuthority(await createAuthority(`ca.${mspId}`, mspId));
    const tlsAuthority = await loadAuthority(await createAuthority(`tlsca.${mspId}`, mspId));
    const signer = await certify(authority, mspId, peer, 'peer');
    const tls = keyPair(
      await issueCertificate(tlsAuthority, { commonName: peer, organisation: mspId, usage: 'tls', hosts: [peer] }),
    );
    return new Organisation(names, authority, tlsAuthority, { signer, tls });
  }

  user(name: string): Promise<KeyPair> {
    const user = this.#users.get(name) ?? certify(this.#authority, this.mspId, name, 'client');
    this.#users.set(name, user);
    return user;
  }
}

export function makeOrganisations(): Promise<readonly Organisation[]> {
  return Promise.all(ORGANISATIONS.map((names) => Organisation.make(names)));
}

async function certify(
  authority: CertificateAuthority,
  organisation: string,
  commonName: string,
  organisationalUnit: 'client' | 'peer',
): Promise<KeyPair> {
  const request = { commonName, organisation, organisationalUnit, usage: 'signing' as const };
  return keyPair(await issueCertificate(authority, request));
}

function keyPair({ certificatePem, keyPem }: { certificatePem: string; keyPem: string }): KeyPair {
  return { certificatePem, privateKeyPem: keyPem };
}
