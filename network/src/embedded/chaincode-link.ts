import { credentials, type ChannelCredentials } from '@grpc/grpc-js';

import { type ChaincodeProcess } from './chaincode-process';
import { ChaincodeStream } from './chaincode-stream';
import { EmbeddedLedgerError, messageOf } from './errors';
import { type ChaincodeClientTlsOptions, type LimitOptions, type Log } from './options';

export interface ChaincodeLinkOptions {
  readonly mspId: string;
  readonly packageId: string;
  /** A process of ours, or the `host:port` of somebody's. */
  readonly server: ChaincodeProcess | string;
  readonly tls?: ChaincodeClientTlsOptions;
  readonly limits: LimitOptions;
  readonly log: Log;
}

/** One organisation's stream to its chaincode server: opened when needed, and again when it breaks. */
export class ChaincodeLink {
  readonly #options: ChaincodeLinkOptions;
  readonly #credentials: ChannelCredentials;
  #opening: Promise<ChaincodeStream> | undefined;
  #stream: ChaincodeStream | undefined;
  #closed = false;

  constructor(options: ChaincodeLinkOptions) {
    this.#options = options;
    this.#credentials = channelCredentials(options.tls);
  }

  get packageId(): string {
    return this.#options.packageId;
  }

  get connected(): boolean {
    return this.#stream !== undefined && !this.#stream.ended;
  }

  /** @throws EmbeddedLedgerError `E_CHAINCODE_START`, `E_CHAINCODE_EXITED` */
  async open(): Promise<ChaincodeStream> {
    if (this.#stream && !this.#stream.ended) return this.#stream;
    this.#opening ??= this.#connect().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  close(): void {
    this.#closed = true;
    this.#stream?.close();
  }

  async #connect(): Promise<ChaincodeStream> {
    if (this.#closed) throw new EmbeddedLedgerError('E_LEDGER_STOPPED', 'the ledger is stopping');
    const { server, tls, limits } = this.#options;
    if (typeof server !== 'string') await this.#startProcess(server);
    const target = {
      address: typeof server === 'string' ? server : server.address,
      credentials: this.#credentials,
      ...(tls?.serverName === undefined ? {} : { serverName: tls.serverName }),
    };
    const stream = await ChaincodeStream.connect(target, limits.maxMessageSize, limits.chaincodeStartTimeout, () =>
      this.#lost(),
    );
    this.#stream = stream;
    return stream;
  }

  async #startProcess(server: ChaincodeProcess): Promise<void> {
    const exits = server.recentExits(Date.now());
    if (!server.running && exits > this.#options.limits.chaincodeMaxRestarts) {
      throw new EmbeddedLedgerError(
        'E_CHAINCODE_EXITED',
        `the chaincode ${server.packageId} exited ${exits} times within a minute: see its log in the ledger's data folder`,
      );
    }
    await server.start();
  }

  /** Opens the next stream before it is needed, so that only the transactions in flight fail. */
  #lost(): void {
    if (this.#closed) return;
    const { mspId, packageId, log } = this.#options;
    log('warn', 'chaincode stream lost', { mspId, packageId });
    setImmediate(() => {
      this.open().catch((error: unknown) => {
        if (!this.#closed) log('error', 'chaincode unreachable', { mspId, packageId, reason: messageOf(error) });
      });
    });
  }
}

function channelCredentials(tls: ChaincodeClientTlsOptions | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  return credentials.createSsl(
    Buffer.from(tls.rootCertificatesPem),
    tls.client ? Buffer.from(tls.client.privateKeyPem) : null,
    tls.client ? Buffer.from(tls.client.certificatePem) : null,
  );
}
