import { EmbeddedLedgerError } from './errors';

/** A PEM certificate and its PEM private key. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A member of the consortium. One with a peer executes and endorses; one without is a client only. */
export interface OrganisationOptions {
  readonly mspId: string;
  /** Roots of the authority that certifies its members. */
  readonly rootCertificatesPem: readonly string[];
  readonly intermediateCertificatesPem?: readonly string[];
  readonly peer?: PeerOptions;
}

export interface PeerOptions {
  /** Signs the organisation's endorsements. */
  readonly signer: KeyPair;
  /** `host:port` that error details name; the gateway's where it is left out. */
  readonly externalEndpoint?: string;
  /** Where this organisation's gateway listens; at least one organisation needs one. */
  readonly gateway?: GatewayOptions;
}

export interface GatewayOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: KeyPair;
  /** If given, clients must show a certificate of one of these authorities. */
  readonly clientRootCertificatesPem?: readonly string[];
}

export interface ChannelOptions {
  readonly name: string;
  /** Names of chaincodes of {@link EmbeddedLedgerOptions.chaincodes} defined here. */
  readonly chaincodes: readonly string[];
  /** MSP ids; every organisation where it is left out. */
  readonly members?: readonly string[];
  /** MSP ids of members that may read but not write. */
  readonly readOnlyMembers?: readonly string[];
}

export interface ChaincodeOptions {
  readonly name: string;
  /** Version of the definition, part of every endorsement. */
  readonly version: string;
  /** Who endorses its transactions; a majority of the channel's members with a peer where it is left out. */
  readonly endorsement?: EndorsementPolicy;
  /** The self-contained file that `node` runs as a chaincode server. */
  readonly entry?: string;
  /** `organisation`: each has its own process; `shared`: one process, a stream for each. */
  readonly processes?: 'organisation' | 'shared';
  /** An organisation's own chaincode server, by MSP id. */
  readonly servers?: Readonly<Record<string, ChaincodeServerOptions>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** TLS of the processes started here; without it they listen in the clear, on 127.0.0.1 only. */
  readonly processTls?: ChaincodeTlsOptions;
}

/** Endorsed is what `quorum` of these organisations have signed. */
export interface EndorsementPolicy {
  /** MSP ids of organisations with a peer. */
  readonly organisations: readonly string[];
  readonly quorum: number;
}

export interface ChaincodeServerOptions {
  /** `host:port` of a server someone else runs … */
  readonly address?: string;
  readonly tls?: ChaincodeClientTlsOptions;
  /** … or what is different in the process run for this organisation. */
  readonly entry?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly processTls?: ChaincodeTlsOptions;
}

export interface ChaincodeClientTlsOptions {
  readonly rootCertificatesPem: string;
  readonly client?: KeyPair;
  /** Name the server's certificate is checked against, where it is not the address. */
  readonly serverName?: string;
}

export interface ChaincodeTlsOptions extends ChaincodeClientTlsOptions {
  /** PEM files handed to the chaincode process. */
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  readonly clientRootCertificatesFile?: string;
}

/** Block cutting. A block is cut when the first of the limits is reached. */
export interface BlockOptions {
  readonly maxMessageCount: number;
  /** Bytes of envelopes after which a block is cut. */
  readonly preferredMaxBytes: number;
  /** A larger envelope is refused. */
  readonly absoluteMaxBytes: number;
  /** Milliseconds the first transaction of a block waits for others. */
  readonly batchTimeout: number;
  /** Cut at once if the last block is older than `batchTimeout`: a lone transaction does not wait. */
  readonly adaptive: boolean;
}

/** Durations are milliseconds. */
export interface LimitOptions {
  /** How far a proposal's or a seek's timestamp may lie from this machine's clock. */
  readonly authenticationWindow: number;
  /** One organisation's execution of a transaction. */
  readonly executeTimeout: number;
  /** All endorsements of a proposal. */
  readonly endorsementTimeout: number;
  /** Evaluate, Endorse and Submit calls in work; more are refused with RESOURCE_EXHAUSTED. */
  readonly maxProposalsInFlight: number;
  /** Envelopes waiting for a block, per channel; more are refused. */
  readonly maxPendingTransactions: number;
  /** Bytes of one gRPC message. */
  readonly maxMessageSize: number;
  /** Results of one range query. */
  readonly totalQueryLimit: number;
  /** For a chaincode server to accept its streams. */
  readonly chaincodeStartTimeout: number;
  /** Unexpected exits of a chaincode process within a minute before it is given up. */
  readonly chaincodeMaxRestarts: number;
  /** Between asking a process or the gRPC server to end and ending it. */
  readonly stopTimeout: number;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** One event; fields are public: names, heights, transaction ids. */
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface EmbeddedLedgerOptions {
  /** Made if missing, mode 0700; one ledger at a time. */
  readonly dataDir: string;
  readonly organisations: readonly OrganisationOptions[];
  readonly channels: readonly ChannelOptions[];
  readonly chaincodes: readonly ChaincodeOptions[];
  readonly blocks?: Partial<BlockOptions>;
  readonly limits?: Partial<LimitOptions>;
  readonly log?: Log;
}

export const DEFAULT_BLOCKS: BlockOptions = {
  maxMessageCount: 500,
  preferredMaxBytes: 2 * 1024 * 1024,
  absoluteMaxBytes: 10 * 1024 * 1024,
  batchTimeout: 10,
  adaptive: true,
};

export const DEFAULT_LIMITS: LimitOptions = {
  authenticationWindow: 60_000,
  executeTimeout: 30_000,
  endorsementTimeout: 30_000,
  maxProposalsInFlight: 500,
  maxPendingTransactions: 10_000,
  maxMessageSize: 100 * 1024 * 1024,
  totalQueryLimit: 100_000,
  chaincodeStartTimeout: 20_000,
  chaincodeMaxRestarts: 5,
  stopTimeout: 5_000,
};

/** @throws EmbeddedLedgerError `E_LEDGER_OPTIONS` naming every fault */
export function validateOptions(options: EmbeddedLedgerOptions): void {
  const faults = [
    ...organisationFaults(options.organisations),
    ...channelFaults(options),
    ...chaincodeFaults(options),
    ...options.chaincodes.flatMap((chaincode) => endorsementFaults(chaincode, options.organisations)),
    ...numberFaults({ ...DEFAULT_BLOCKS, ...options.blocks }),
    ...numberFaults({ ...DEFAULT_LIMITS, ...options.limits }),
  ];
  if (faults.length > 0) {
    throw new EmbeddedLedgerError('E_LEDGER_OPTIONS', `the embedded ledger cannot start: ${faults.join('; ')}`);
  }
}

function organisationFaults(organisations: readonly OrganisationOptions[]): string[] {
  const ids = organisations.map(({ mspId }) => mspId);
  const faults = repeated(ids).map((id) => `organisation ${id} is given twice`);
  if (!organisations.some(({ peer }) => peer !== undefined)) faults.push('no organisation has a peer');
  if (!organisations.some(({ peer }) => peer?.gateway !== undefined)) faults.push('no organisation has a gateway');
  return faults;
}

const CHANNEL_NAME = /^[a-z][a-z0-9.-]{0,248}$/;

function channelFaults({ organisations, channels, chaincodes }: EmbeddedLedgerOptions): string[] {
  const known = new Set(organisations.map(({ mspId }) => mspId));
  const defined = new Set(chaincodes.map(({ name }) => name));
  const faults = repeated(channels.map(({ name }) => name)).map((name) => `channel ${name} is given twice`);
  if (channels.length === 0) faults.push('no channel');
  for (const { name, chaincodes: used, members = [], readOnlyMembers = [] } of channels) {
    if (!CHANNEL_NAME.test(name)) faults.push(`channel name "${name}" is not of the form ${CHANNEL_NAME}`);
    for (const id of [...members, ...readOnlyMembers]) {
      if (!known.has(id)) faults.push(`member ${id} of channel ${name} is not among the organisations`);
    }
    for (const chaincode of used) {
      if (!defined.has(chaincode)) faults.push(`chaincode ${chaincode} of channel ${name} is not defined`);
    }
  }
  return faults;
}

const CHAINCODE_NAME = /^[a-zA-Z0-9]+([-_][a-zA-Z0-9]+)*$/;

function chaincodeFaults({ organisations, chaincodes }: EmbeddedLedgerOptions): string[] {
  const faults = repeated(chaincodes.map(({ name }) => name)).map((name) => `chaincode ${name} is given twice`);
  for (const { name, version, entry, servers = {} } of chaincodes) {
    if (!CHAINCODE_NAME.test(name)) faults.push(`chaincode name "${name}" is not of the form ${CHAINCODE_NAME}`);
    if (version === '') faults.push(`chaincode ${name} has no version`);
    for (const { mspId, peer } of organisations) {
      const server = servers[mspId];
      if (peer && entry === undefined && server?.address === undefined && server?.entry === undefined) {
        faults.push(`chaincode ${name} has neither an entry nor a server for ${mspId}`);
      }
    }
  }
  return faults;
}

function endorsementFaults(
  { name: chaincode, endorsement }: ChaincodeOptions,
  known: readonly OrganisationOptions[],
): string[] {
  if (!endorsement) return [];
  const { organisations, quorum } = endorsement;
  const distinct = new Set(organisations).size;
  const faults = organisations
    .filter((id) => !known.some(({ mspId, peer }) => mspId === id && peer !== undefined))
    .map((id) => `${id} of chaincode ${chaincode}'s endorsement policy has no peer`);
  if (distinct !== organisations.length) faults.push(`chaincode ${chaincode}'s endorsement policy repeats a name`);
  if (!Number.isSafeInteger(quorum) || quorum < 1 || quorum > distinct) {
    faults.push(`chaincode ${chaincode}'s endorsement policy asks for ${quorum} of ${distinct} organisations`);
  }
  return faults;
}

function numberFaults(settings: object): string[] {
  return Object.entries(settings)
    .filter(([, value]) => typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0))
    .map(([name]) => `${name} must be a whole number, 0 or more`);
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
