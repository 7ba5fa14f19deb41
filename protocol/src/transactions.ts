/** Names, arguments and results of the chaincode's transactions; docs/ledger.md is their reference. */
import { type Certificate } from './certificate';
import { type ChargingRecordEntry } from './charging-record';
import { type Epochs, type GovernanceItem, type Revocation, type RevocationItemKind } from './governance';
import { type Json } from './json';
import { type CertificateStatus, type Reputation, type RevokedKey } from './key-status';
import { type ProviderEntry, type RecordEntry } from './registration';
import { type SignedSlotHead } from './slot';

/** On `certchain`. */
export const REGISTRATION = {
  contract: 'registration',
  init: 'init',
  getParams: 'getParams',
  putProvider: 'putProvider',
  getProvider: 'getProvider',
  listProviders: 'listProviders',
  putRecords: 'putRecords',
  getRecord: 'getRecord',
  listRecords: 'listRecords',
  revokeRecord: 'revokeRecord',
  listRevocations: 'listRevocations',
  mirrorGovernance: 'mirrorGovernance',
  governance: 'governance',
  governanceItem: 'governanceItem',
  publishSPK: 'publishSPK',
  querySPK: 'querySPK',
  registerPK: 'registerPK',
  updatePK: 'updatePK',
  revokePK: 'revokePK',
  queryVPK: 'queryVPK',
  listVPK: 'listVPK',
  historyVPK: 'historyVPK',
  reportMisbehaviour: 'reportMisbehaviour',
  reputation: 'reputation',
} as const;

/** On both channels: what decides on the data chain stands there, too. */
export const AUTHORIZATION = {
  contract: 'authorization',
  authorize: 'authorize',
  revokeAuthorization: 'revokeAuthorization',
  isAuthorized: 'isAuthorized',
  getAuthorization: 'getAuthorization',
  listAuthorizations: 'listAuthorizations',
  mirrorProvider: 'mirrorProvider',
} as const;

/** On `datachain`. */
export const BROADCAST = {
  contract: 'broadcast',
  init: 'init',
  getParams: 'getParams',
  governance: 'governance',
  governanceItem: 'governanceItem',
  submit: 'submit',
  getSigma: 'getSigma',
  listSigmas: 'listSigmas',
  getInclusionProof: 'getInclusionProof',
  mirrorGovernance: 'mirrorGovernance',
  listRevocations: 'listRevocations',
  advanceSlot: 'advanceSlot',
  slot: 'slot',
} as const;

/** On `datachain`; the second paper's names where it has them. */
export const CHARGING_RECORDS = {
  contract: 'chargingRecords',
  admitMeters: 'admitMeters',
  addChargingRecord: 'addChargingRecord',
  getChargingRecordCount: 'getChargingRecordCount',
  getChargingRecord: 'getChargingRecord',
  listChargingRecords: 'listChargingRecords',
} as const;

/** On `datachain`. */
export const MAINTENANCE = {
  contract: 'maintenance',
  admitVehicles: 'admitVehicles',
  withdrawVehicle: 'withdrawVehicle',
  addVehicleReports: 'addVehicleReports',
  listVehicleReports: 'listVehicleReports',
  listAlerts: 'listAlerts',
} as const;

export const SIGMAS_EVENT = 'chargecast.sigmas.v1';
export const RECORDS_EVENT = 'chargecast.records.v1';
export const REVOCATION_EVENT = 'chargecast.revocation.v1';
export const GOVERNANCE_EVENT = 'chargecast.governance.v1';
export const CHARGING_EVENT = 'chargecast.charging.v1';
export const SLOT_EVENT = 'chargecast.slot.v1';

/** Named as the second paper's events: an applicant follows them for its credential. */
export const REGISTER_EVENT = 'RegisterPK';
export const UPDATE_EVENT = 'UpdatePK';
export const REVOKE_EVENT = 'RevokePK';
export const SYSTEM_KEY_EVENT = 'PublishSPK';
export const REPORT_EVENT = 'ReportMisbehaviour';
export const AUTHORIZE_EVENT = 'Authorize';
export const VEHICLE_ALERT_EVENT = 'VehicleAlert';
export const REVOKE_AUTHORIZATION_EVENT = 'RevokeAuthorization';

export type Outcome =
  { readonly status: 'committed' } | { readonly status: 'refused'; readonly code: string; readonly message: string };

/** Outcomes stand in the order of the submission. */
export interface SubmitReply {
  /** Merkle root over the σ ids; absent when any was refused, and then nothing is written. */
  readonly root?: string;
  readonly outcomes: readonly ({ readonly id: string } & Outcome)[];
}

export interface PutRecordsReply {
  /** `f` is empty for bytes that are no record. */
  readonly outcomes: readonly ({ readonly f: string } & Outcome)[];
}

/** `id` is what the entry claims. */
export interface RegistrationReply {
  readonly outcomes: readonly ({ readonly id: string } & Outcome)[];
}

/** What the chain knows of one vehicle or pile. */
export interface CertificateReply {
  readonly certificate: Certificate;
  readonly revocation: RevokedKey | null;
  readonly status: CertificateStatus;
}

export interface CertificateHistoryReply {
  /** Oldest first, the one in force last. */
  readonly versions: readonly Certificate[];
  readonly revocation: RevokedKey | null;
  readonly reputation: Reputation | null;
}

export interface ReportReply {
  readonly value: number;
  readonly revoked: boolean;
}

export interface AuthorizationReply {
  readonly authorized: boolean;
  /** Whose permission is missing, withdrawn or over. */
  readonly missing: readonly ('owner' | 'provider' | 'operator')[];
}

/** Outcomes stand in the order of the submission. */
export interface AdmitMetersReply {
  readonly outcomes: readonly ({ readonly f: string } & Outcome)[];
}

export interface AddChargingRecordReply {
  readonly outcomes: readonly ({ readonly transaction: string } & Outcome)[];
}

export interface AdmitVehiclesReply {
  readonly outcomes: readonly ({ readonly vehicle: string } & Outcome)[];
}

export interface VehicleReportsReply {
  readonly outcomes: readonly ({ readonly vehicle: string; readonly sequence: number } & Outcome)[];
}

export interface SigmaReply {
  readonly id: string;
  readonly transactionId: string;
  readonly index: number;
}

export interface InclusionReply {
  readonly root: string;
  readonly index: number;
  readonly count: number;
  readonly path: readonly string[];
}

/** A page; `bookmark` is empty after the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly bookmark: string;
}

export type SigmaPage = Page<{ readonly id: string; readonly transactionId: string; readonly index: number }>;
export type ChargingRecordPage = Page<ChargingRecordEntry>;
export type RecordPage = Page<RecordEntry>;
export type RevocationPage = Page<Revocation & { readonly kind: RevocationItemKind }>;
export type ProviderList = readonly (ProviderEntry & { readonly revoked?: Revocation })[];

export interface GovernanceReply {
  readonly limits: Readonly<Record<string, Json>> | null;
  readonly epochs: Epochs | null;
  readonly slot: SignedSlotHead | null;
  readonly versions: { readonly limits: number; readonly epochs: number };
}

export interface MirrorReply {
  readonly kind: GovernanceItem['kind'];
  readonly status: 'committed' | 'unchanged';
}

export const MAX_PAGE = 500;
