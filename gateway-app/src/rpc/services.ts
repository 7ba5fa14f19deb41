import { type ProcessRole } from '@chargecast/network';

import type * as m from './messages';

interface Unary<Q, R> {
  readonly kind: 'unary';
  readonly request: Q;
  readonly reply: R;
}
interface ServerStream<Q, R> {
  readonly kind: 'serverStream';
  readonly request: Q;
  readonly reply: R;
}
interface BidiStream<Q, R> {
  readonly kind: 'bidiStream';
  readonly request: Q;
  readonly reply: R;
}
type Method = Unary<unknown, unknown> | ServerStream<unknown, unknown> | BidiStream<unknown, unknown>;

/** The services of proto/chargecast.proto; methods by their camel-case names. */
export interface Services {
  Kgc: {
    enrol: Unary<m.EnrolRequest, m.EnrolReply>;
    issueCredentials: Unary<m.CredentialRequest, m.CredentialReply>;
    listReceivers: ServerStream<m.ListReceiversRequest, m.Receiver>;
    plugIn: Unary<m.PlugInNotice, m.Empty>;
    unplug: Unary<m.PlugInNotice, m.Empty>;
    route: Unary<m.RouteRequest, m.RouteReply>;
    open: Unary<m.OpenRequest, m.OpenReply>;
    roll: ServerStream<m.RollRequest, m.GovernanceStep>;
    revoke: ServerStream<m.RevokeRequest, m.GovernanceStep>;
    readmit: Unary<m.ReadmitRequest, m.Empty>;
  };
  Css: {
    approve: Unary<m.ApproveRequest, m.OrganisationSignature>;
    publishRecord: Unary<m.RecordEntry, m.Outcome>;
    hold: Unary<m.HoldRequest, m.Ack>;
    stream: ServerStream<m.StreamRequest, m.ChainItem>;
    signSlot: Unary<m.SlotHead, m.OrganisationSignature>;
    head: Unary<m.StreamRequest, m.ChainHead>;
    addChargingRecords: Unary<m.ChargingRecords, m.Outcomes>;
    notify: Unary<m.NotifyRequest, m.NotifyReply>;
    signGovernance: Unary<m.GovernanceRequest, m.OrganisationSignature>;
    carryGovernance: Unary<m.GovernanceRequest, m.Empty>;
    proposals: ServerStream<m.Empty, m.Proposal>;
    decide: Unary<m.Decision, m.Empty>;
    look: Unary<m.LookRequest, m.LookReply>;
  };
  Csc: {
    report: Unary<m.Sealed, m.Empty>;
    receipt: Unary<m.Sealed, m.Empty>;
    send: Unary<m.SendRequest, m.SendReply>;
    follow: ServerStream<m.FollowRequest, m.CommandState>;
    statement: Unary<m.StatementRequest, m.StatementReply>;
    curtail: Unary<m.CurtailRequest, m.CurtailReply>;
    identify: Unary<m.IdentifyRequest, m.HolderIdentity>;
  };
  Esp: {
    countersign: Unary<m.ApproveRequest, m.Countersignature>;
    bindings: ServerStream<m.StreamBindings, m.Binding>;
    register: Unary<m.RegisterRequest, m.RegisterReply>;
    authorize: Unary<m.SignedWord, m.WordReply>;
    administer: Unary<m.Administration, m.AdministrationReply>;
    admit: Unary<m.AdmissionRequest, m.Admission>;
    watch: BidiStream<m.Watched, m.Watch>;
  };
  Pile: {
    session: BidiStream<m.FromVehicle, m.ToVehicle>;
  };
  Vehicle: {
    plugIn: Unary<m.PlugInOrder, m.PlugInReply>;
    report: Unary<m.ReportOrder, m.Empty>;
    unplug: Unary<m.UnplugOrder, m.Empty>;
    sessions: ServerStream<m.OwnerOrder, m.OwnSession>;
    owner: Unary<m.OwnerOrder, m.OwnerReply>;
  };
}

export type ServiceName = keyof Services;

/** Who stands behind a connection, from the URI in its certificate. */
export interface Peer {
  readonly role: ProcessRole;
  readonly name: string;
}

export interface CallContext {
  readonly peer: Peer;
  /** Aborts when the caller cancels, its deadline passes or the connection is lost. */
  readonly signal: AbortSignal;
}

type Handler<M> = M extends Method
  ? M['kind'] extends 'unary'
    ? (request: M['request'], call: CallContext) => Promise<M['reply']>
    : M['kind'] extends 'serverStream'
      ? (request: M['request'], call: CallContext) => AsyncIterable<M['reply']>
      : (requests: AsyncIterable<M['request']>, call: CallContext) => AsyncIterable<M['reply']>
  : never;

/** What a role implements. A handler throws an error with a code; any other error reaches the caller as E_INTERNAL only. */
export type Handlers<S extends ServiceName> = { readonly [M in keyof Services[S]]: Handler<Services[S][M]> };

export interface CallOptions {
  /** Milliseconds; unary calls default to 15,000, streams to none. */
  readonly deadline?: number;
  readonly signal?: AbortSignal;
}

type Caller<M> = M extends Method
  ? M['kind'] extends 'unary'
    ? (request: M['request'], options?: CallOptions) => Promise<M['reply']>
    : M['kind'] extends 'serverStream'
      ? (request: M['request'], options?: CallOptions) => AsyncIterable<M['reply']>
      : (requests: AsyncIterable<M['request']>, options?: CallOptions) => AsyncIterable<M['reply']>
  : never;

/** What a caller holds. Every failure is an `RpcError` with the server's code or one of the transport's. */
export type Client<S extends ServiceName> = { readonly [M in keyof Services[S]]: Caller<Services[S][M]> } & {
  close(): void;
};

/** The role that serves each service: a client takes no other certificate. */
export const SERVER_ROLE: Readonly<Record<ServiceName, ProcessRole>> = {
  Kgc: 'kgc',
  Css: 'css',
  Csc: 'csc',
  Esp: 'esp',
  Pile: 'cp',
  Vehicle: 'ev',
};

const HOLDERS: readonly ProcessRole[] = ['ev', 'cp', 'css', 'csc'];
const READERS: readonly ProcessRole[] = ['cp', 'csc', 'css', 'kgc', 'esp', 'ev'];

/** Which roles may call what. What is not listed is refused. An operator's tool calls with its own role's certificate. */
export const PERMISSIONS: {
  readonly [S in ServiceName]: { readonly [M in keyof Services[S]]: readonly ProcessRole[] };
} = {
  Kgc: {
    enrol: HOLDERS,
    issueCredentials: HOLDERS,
    listReceivers: ['csc'],
    plugIn: ['cp'],
    unplug: ['cp'],
    route: ['csc', 'css'],
    open: ['kgc'],
    roll: ['kgc'],
    revoke: ['kgc'],
    readmit: ['kgc'],
  },
  Css: {
    approve: ['csc', 'css', 'cp'],
    publishRecord: ['csc', 'css', 'cp', 'ev', 'esp'],
    hold: ['kgc'],
    stream: READERS,
    signSlot: ['css'],
    head: READERS,
    addChargingRecords: ['cp'],
    notify: ['css'],
    signGovernance: ['kgc'],
    carryGovernance: ['kgc'],
    proposals: ['css'],
    decide: ['css'],
    look: ['csc'],
  },
  Csc: {
    report: ['ev', 'cp', 'css'],
    receipt: ['cp', 'css'],
    send: ['csc'],
    statement: ['csc'],
    follow: ['csc'],
    curtail: ['csc'],
    identify: ['ev', 'cp', 'css', 'csc'],
  },
  Esp: {
    countersign: ['ev'],
    bindings: ['csc'],
    register: ['ev', 'cp', 'esp'],
    authorize: ['ev', 'cp', 'esp'],
    administer: ['esp'],
    admit: ['cp'],
    watch: ['cp'],
  },
  Pile: { session: ['ev'] },
  Vehicle: { plugIn: ['ev'], report: ['ev'], unplug: ['ev'], sessions: ['ev'], owner: ['ev'] },
};
