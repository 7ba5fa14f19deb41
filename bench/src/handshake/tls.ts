import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type HandshakeSubject, type TlsIdentity } from './subject';

/** OpenSSL's full TLS 1.3 handshake with both sides' certificates, in this process and without a network. */
export class TlsHandshake {
  readonly #server: SecureContext;
  readonly #client: SecureContext;

  constructor({ roots, server, client }: HandshakeSubject['tls']) {
    const context = ({ key, cert }: TlsIdentity): SecureContext =>
      createSecureContext({ key, cert, ca: roots, minVersion: 'TLSv1.3', ecdhCurve: 'X25519' });
    this.#server = context(server);
    this.#client = context(client);
  }

  /** @throws Error unless both sides authenticated the other */
  async run(): Promise<void> {
    const [clientEnd, serverEnd] = duplexPair();
    const server = new TLSSocket(serverEnd, {
      isServer: true,
      secureContext: this.#server,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const client = connect({
      socket: clientEnd,
      secureContext: this.#client,
      checkServerIdentity: () => undefined,
      rejectUnauthorized: true,
    });
    await Promise.all([once(client, 'secureConnect'), once(server, 'secure')]);
    if (!client.authorized || client.getProtocol() !== 'TLSv1.3') throw new Error('no mutual TLS 1.3 was agreed');
    const answered = once(client, 'data');
    server.write('.');
    await answered;
    for (const socket of [client, server]) socket.destroy();
  }
}
