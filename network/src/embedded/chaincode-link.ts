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
  readonly #closing = new AbortController();
  #opening: Promise<ChaincodeStream> | undefined;
  #stream: ChaincodeStream | undefined;

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
    this.#closing.abort(new EmbeddedLedgerError('E_LEDGER_STOPPED', 'the ledger is stopping'));
    this.#stream?.close();
  }

  async #connect(): Promise<ChaincodeStream> {
    const { server } = this.#options;
    for (;;) {
      if (typeof server !== 'string') await this.#startProcess(server);
      const gone = typeof server === 'string' ? [] : [server.gone];
      const signal = AbortSignal.any([this.#closing.signal, ...gone]);
      const address = typeof server === 'string' ? server : server.address;
      try {
        return await this.#connectTo(address, signal);
      } catch (error) {
        if (this.#closing.signal.aborted || !signal.aborted) throw error;
      }
    }
  }

  async #connectTo(address: string, signal: AbortSignal): Promise<ChaincodeStream> {
    const { tls, limits } = this.#options;
    const { serverName } = tls ?? {};
    const target = { address, credentials: this.#credentials, ...(serverName !== undefined && { serverName }) };
    const { maxMessageSize, chaincodeStartTimeout } = limits;
    const stream = await ChaincodeStream.connect(target, maxMessageSize, chaincodeStartTimeout, signal, () =>
      this.#lost(),
    );
    this.#stream = stream;
    return stream;
  }

  async #startProcess(server: ChaincodeProcess): Promise<void> {
    this.#closing.signal.throwIfAborted();
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
    if (this.#closing.signal.aborted) return;
    const { mspId, packageId, log } = this.#options;
    log('warn', 'chaincode stream lost', { mspId, packageId });
    setImmediate(() => {
      this.open().catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          log('error', 'chaincode unreachable', { mspId, packageId, reason: messageOf(error) });
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
