import { status } from '@grpc/grpc-js';
import { type peer } from '@hyperledger/fabric-protos';

import { type Channel } from './channel';
import { type Consortium } from './consortium';
import { failure } from './endorsement-plan';
import { type Endorser } from './endorser';
import { messageOf } from './errors';
import { parse, parseProposal, type Proposal } from './proposal';
import { type NodeFailure, RpcError } from './rpc-error';

/** One organisation's gateway: its own peer is asked first, and alone sees transient data unless others are named. */
export interface LocalGateway {
  readonly consortium: Consortium;
  /** MSP id of the organisation. */
  readonly local: string;
}

/** Signed bytes, who claims to have signed them, and the signature. */
export interface SignedRequest {
  readonly data: Uint8Array;
  readonly identity: Uint8Array;
  readonly signature: Uint8Array;
}

/** @throws RpcError INVALID_ARGUMENT */
export function readProposal(signed: peer.SignedProposal | undefined, missing: string, prefix = ''): Proposal {
  if (!signed || signed.getProposalBytes_asU8().length === 0) {
    throw new RpcError(status.INVALID_ARGUMENT, `${prefix}${missing}`);
  }
  try {
    return parseProposal(signed);
  } catch (error) {
    throw new RpcError(status.INVALID_ARGUMENT, `${prefix}${messageOf(error)}`);
  }
}

/** @throws RpcError INVALID_ARGUMENT */
export function readRequest<T>(
  type: { deserializeBinary(bytes: Uint8Array): T },
  bytes: Uint8Array,
  missing: string,
  prefix: string,
): T {
  if (bytes.length === 0) throw new RpcError(status.INVALID_ARGUMENT, missing);
  try {
    return parse(type, bytes, 'request');
  } catch (error) {
    throw new RpcError(status.INVALID_ARGUMENT, `${prefix}${messageOf(error)}`);
  }
}

/** @throws RpcError `code` with Fabric's text where there is no such channel */
export function requireChannel({ consortium }: LocalGateway, name: string, code: status): Channel {
  const channel = consortium.channel(name);
  if (channel) return channel;
  throw new RpcError(code, `failed to get config for channel [${name}]: could not get last config for channel ${name}`);
}

/** @throws RpcError PERMISSION_DENIED where the request does not come from a reader of the channel */
export function readableChannel({ consortium }: LocalGateway, name: string, signed: SignedRequest): Channel {
  const denial = consortium.denies(name, 'Readers', signed);
  const channel = consortium.channel(name);
  if (denial !== undefined || !channel) throw new RpcError(status.PERMISSION_DENIED, denial ?? '');
  return channel;
}

/** A refused proposal: Fabric's gateway hears that of another organisation's peer as a failed call. */
export function refusedBy({ local }: LocalGateway, endorser: Endorser, message: string): NodeFailure {
  return failure(endorser, endorser.mspId === local ? message : `rpc error: code = Unknown desc = ${message}`);
}

/** @throws RpcError DEADLINE_EXCEEDED with `late` where the call ends or `timeout` ms pass first */
export async function within<T>(
  signal: AbortSignal,
  timeout: number,
  late: string,
  work: () => Promise<T>,
): Promise<T> {
  const expiry = new AbortController();
  const timer = setTimeout(() => expiry.abort(), timeout);
  const either = AbortSignal.any([signal, expiry.signal]);
  try {
    return await Promise.race([
      work(),
      new Promise<never>((_, reject) => {
        const expire = (): void => reject(new RpcError(status.DEADLINE_EXCEEDED, late));
        if (either.aborted) expire();
        else either.addEventListener('abort', expire, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
