import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { createServer } from 'node:net';

import { EmbeddedLedgerError } from './errors';
import { type ChaincodeTlsOptions, type Log } from './options';

export interface ChaincodeProcessOptions {
  /** Package id the server registers with. */
  readonly packageId: string;
  /** File that `node` runs. */
  readonly entry: string;
  /** Receives the process's output. */
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly tls?: ChaincodeTlsOptions;
  readonly stopTimeout: number;
  readonly log: Log;
}

const RESTART_WINDOW = 60_000;

/**
 * Runs before the chaincode, which stays as it is: a ledger killed outright leaves no chaincode process behind. Not referenced,
 * for a chaincode that could not start must end, so that it is started again.
 */
const EXIT_WITH_PARENT = `data:text/javascript,${encodeURIComponent("process.stdin.on('end', () => process.exit(0)).resume().unref()")}`;

/** A chaincode server run as a child process on a free port of 127.0.0.1. */
export class ChaincodeProcess {
  readonly #options: ChaincodeProcessOptions;
  readonly #exits: number[] = [];
  #child: ChildProcess | undefined;
  #gone = new AbortController();
  #starting: Promise<void> | undefined;
  #address = '';

  constructor(options: ChaincodeProcessOptions) {
    this.#options = options;
  }

  get packageId(): string {
    return this.#options.packageId;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** `host:port`; a restarted process has another. */
  get address(): string {
    return this.#address;
  }

  /** Aborted when the process that runs now has ended. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Unexpected exits within the last minute. */
  recentExits(now: number): number {
    while (this.#exits.length > 0 && (this.#exits[0] as number) < now - RESTART_WINDOW) this.#exits.shift();
    return this.#exits.length;
  }

  /** Starts the process unless it runs. It listens some time after this resolves. */
  async start(): Promise<void> {
    if (this.#child) return;
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined));
    await this.#starting;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = undefined;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#options.stopTimeout);
    await exited;
    clearTimeout(timer);
  }

  async #start(): Promise<void> {
    const { entry, logFile, packageId, log } = this.#options;
    const output = await open(logFile, 'a', 0o600);
    try {
      this.#address = `127.0.0.1:${await freePort()}`;
      this.#gone = new AbortController();
      const child = await this.#spawn(output);
      this.#child = child;
      log('info', 'chaincode process started', { packageId, pid: child.pid, address: this.#address, entry });
    } finally {
      await output.close();
    }
  }

  async #spawn(output: FileHandle): Promise<ChildProcess> {
    const { entry, packageId, logFile } = this.#options;
    const child = spawn(process.execPath, ['--import', EXIT_WITH_PARENT, entry], {
      stdio: ['pipe', output.fd, output.fd],
      env: { ...inheritedEnvironment(), ...this.#environment() },
    });
    try {
      await once(child, 'spawn');
    } catch (error) {
      throw new EmbeddedLedgerError(
        'E_CHAINCODE_START',
        `the chaincode ${packageId} cannot be started (node ${entry}); see ${logFile}`,
        { cause: error },
      );
    }
    child.once('exit', (code, signal) => this.#exited(child, code, signal));
    return child;
  }

  #environment(): Record<string, string> {
    const { packageId, environment, tls } = this.#options;
    return {
      CORE_CHAINCODE_LOGGING_LEVEL: 'critical',
      ...environment,
      CHAINCODE_SERVER_ADDRESS: this.#address,
      CHAINCODE_ID: packageId,
      CORE_CHAINCODE_ID_NAME: packageId,
      ...(tls && { CHAINCODE_TLS_CERT_FILE: tls.certificateFile, CHAINCODE_TLS_KEY_FILE: tls.privateKeyFile }),
      ...(tls?.clientRootCertificatesFile && { CHAINCODE_TLS_CLIENT_CACERT_FILE: tls.clientRootCertificatesFile }),
    };
  }

  #exited(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#gone.abort(new EmbeddedLedgerError('E_CHAINCODE_EXITED', 'its process ended'));
    this.#exits.push(Date.now());
    const { packageId, logFile, log } = this.#options;
    log('error', 'chaincode process exited', { packageId, code, signal, logFile });
  }
}

/** Only what a program needs to run: this process's environment may hold secrets that are no business of a chaincode. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'];
  return Object.fromEntries(names.filter((name) => name in process.env).map((name) => [name, process.env[name]]));
}

/** A port nobody listens on just now; if another is quicker, the chaincode ends, and is started on the next. */
async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  return (address as { port: number }).port;
}
