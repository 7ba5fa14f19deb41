/** Identities and connections of a profile, as Fabric's client library wants them. */
import { type ConnectionProfile, type ProfileGateway } from '@chargecast/network';
import { credentials, Client as GrpcClient } from '@grpc/grpc-js';
import { connect, type Gateway, hash, type Identity, type Signer, signers } from '@hyperledger/fabric-gateway';
import { createPrivateKey } from 'node:crypto';

import { readFileCoded } from '../common/files';
import { type GatewayConnection } from './gateways';
import { LedgerError } from './port';

/** Milliseconds; all four calls of the gateway have one. */
export interface LedgerDeadlines {
  readonly evaluate: number;
  readonly endorse: number;
  readonly submit: number;
  readonly commitStatus: number;
}

const NO_CAP = -1;

/** @throws LedgerError E_LEDGER_IDENTITY; CodedError E_FILE_… */
export async function loadIdentity(
  profile: ConnectionProfile,
  { mspId, name }: { readonly mspId: string; readonly name: string },
): Promise<{ identity: Identity; signer: Signer }> {
  const files = profile.organisations.find((organisation) => organisation.mspId === mspId)?.identities[name];
  if (!files) {
    throw new LedgerError(
      'E_LEDGER_IDENTITY',
      `the connection profile has no identity ${name} of ${mspId}: add it there`,
    );
  }
  const [certificate, key] = await Promise.all([readFileCoded(files.certPath), readFileCoded(files.keyPath)]);
  try {
    return {
      identity: { mspId, credentials: certificate },
      signer: signers.newPrivateKeySigner(createPrivateKey(key)),
    };
  } catch (error) {
    throw new LedgerError('E_LEDGER_IDENTITY', `${files.keyPath} is not a usable private key: issue it anew`, {
      cause: error,
    });
  }
}

/** The organisation's own; all the consortium's for one without any. */
export function gatewaysOf({ organisations }: ConnectionProfile, mspId: string): readonly ProfileGateway[] {
  const own = organisations.find((organisation) => organisation.mspId === mspId)?.gateways ?? [];
  return own.length > 0 ? own : organisations.flatMap(({ gateways }) => gateways);
}

/** One gRPC client, and so one HTTP/2 connection, for all calls to an endpoint. */
export function openConnection(
  { endpoint, hostOverride, tlsRootCertPem }: ProfileGateway,
  identity: Identity,
  signer: Signer,
  deadlines: LedgerDeadlines,
): GatewayConnection<Gateway> {
  const client = new GrpcClient(endpoint, credentials.createSsl(Buffer.from(tlsRootCertPem)), {
    ...(hostOverride === undefined ? {} : { 'grpc.ssl_target_name_override': hostOverride }),
    'grpc.max_receive_message_length': NO_CAP,
    'grpc.max_send_message_length': NO_CAP,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2000,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const within = (milliseconds: number) => () => ({ deadline: Date.now() + milliseconds });
  const gateway = connect({
    client,
    identity,
    signer,
    hash: hash.sha256,
    evaluateOptions: within(deadlines.evaluate),
    endorseOptions: within(deadlines.endorse),
    submitOptions: within(deadlines.submit),
    commitStatusOptions: within(deadlines.commitStatus),
  });
  return {
    gateway,
    close: () => {
      gateway.close();
      client.close();
    },
  };
}
