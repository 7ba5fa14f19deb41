import { Server, ServerCredentials } from '@grpc/grpc-js';
import { gateway as gatewayProtos, peer } from '@hyperledger/fabric-protos';

import { type Admission } from './admission';
import { type Consortium } from './consortium';
import { DeliverService } from './deliver-service';
import { EmbeddedLedgerError, messageOf } from './errors';
import { gatewayService } from './gateway-service';
import { type GatewayOptions } from './options';

/** One organisation's gRPC endpoint over TLS: Fabric's Gateway and Deliver services. */
export class GatewayServer {
  readonly #server: Server;
  #endpoint = '';

  constructor(consortium: Consortium, mspId: string, admission: Admission, maxMessageSize: number) {
    this.#server = new Server({
      'grpc.max_receive_message_length': maxMessageSize,
      'grpc.max_send_message_length': maxMessageSize,
    });
    const gateway = gatewayService({ consortium, local: mspId }, admission);
    this.#server.addService(gatewayProtos.GatewayService, gateway);
    this.#server.addService(peer.DeliverService, new DeliverService(consortium).implementation());
  }

  /** `host:port`, once it listens. */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** @throws EmbeddedLedgerError `E_LEDGER_LISTEN` */
  async listen({ host, port, tls, clientRootCertificatesPem }: GatewayOptions): Promise<void> {
    const wanted = `${host}:${port}`;
    try {
      const credentials = ServerCredentials.createSsl(
        clientRootCertificatesPem ? Buffer.from(clientRootCertificatesPem.join('\n')) : null,
        [{ cert_chain: Buffer.from(tls.certificatePem), private_key: Buffer.from(tls.privateKeyPem) }],
        clientRootCertificatesPem !== undefined,
      );
      const bound = await new Promise<number>((resolve, reject) => {
        this.#server.bindAsync(wanted, credentials, (error, boundPort) => (error ? reject(error) : resolve(boundPort)));
      });
      this.#endpoint = `${host}:${bound}`;
    } catch (error) {
      throw new EmbeddedLedgerError(
        'E_LEDGER_LISTEN',
        `the gateway cannot listen on ${wanted} (${messageOf(error)}): free the port or choose another`,
        { cause: error },
      );
    }
  }

  /** Ends what is in work, streams of events among it. */
  stop(): void {
    this.#server.forceShutdown();
  }
}
