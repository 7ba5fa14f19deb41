/**
 * The messages of proto/chargecast.proto as the loader gives them: camel-case members, bytes as `Uint8Array` (received:
 * `Buffer`), 64-bit integers as numbers, absent scalars as their defaults, absent messages as null.
 */
export type Empty = Record<string, never>;

export interface EnrolRequest {
  readonly epoch: number;
  readonly x: Uint8Array;
  readonly pop: Uint8Array;
  /** Pile or vehicle of the calling process; empty or absent for the process itself. */
  readonly unit?: string;
}
export interface EnrolReply {
  readonly f: Uint8Array;
  readonly r: Uint8Array;
  readonly d: Uint8Array;
}
export interface CredentialRequest {
  readonly request: Uint8Array;
}
export interface CredentialReply {
  readonly issued: Uint8Array;
}
export interface ListReceiversRequest {
  readonly epoch: number;
}
export interface Receiver {
  readonly f: Uint8Array;
  readonly epoch: number;
}
export interface PlugInNotice {
  readonly vehicle: Uint8Array;
  readonly session: Uint8Array;
  /** f of the pile. */
  readonly pile?: Uint8Array;
}
export interface RouteRequest {
  readonly sigma: Uint8Array;
  readonly receivers: readonly Uint8Array[];
}
export interface RouteReply {
  readonly acks: readonly Ack[];
  readonly unroutable: readonly Unroutable[];
}
export interface OpenRequest {
  readonly oneTimeKey: Uint8Array;
}
export interface OpenReply {
  readonly role: string;
  readonly name: string;
  readonly record: Uint8Array;
  readonly opening: Uint8Array;
}
export interface Unroutable {
  readonly f: Uint8Array;
  readonly code: string;
}
export interface Ack {
  readonly mspId: string;
  readonly sigmaId: Uint8Array;
  readonly deadline: number;
  readonly signature: Uint8Array;
}

export interface ApproveRequest {
  readonly record: Uint8Array;
  /** As in EnrolRequest. */
  readonly unit?: string;
}
export interface OrganisationSignature {
  readonly mspId: string;
  readonly signature: Uint8Array;
}
export interface Countersignature {
  readonly provider: string;
  readonly signature: Uint8Array;
}
export interface RecordEntry {
  readonly record: Uint8Array;
  readonly approvals: readonly OrganisationSignature[];
  readonly countersignature?: Countersignature | null;
  readonly owner?: string;
}
export interface Outcome {
  readonly status: string;
  readonly code: string;
  readonly message: string;
  readonly transactionId: string;
}
export interface Outcomes {
  readonly outcomes: readonly Outcome[];
}
export interface ChargingRecords {
  /** Each the JSON of one `ChargingRecordEntry`. */
  readonly entries: readonly string[];
}
export interface HoldRequest {
  readonly sigma: Uint8Array;
  readonly submit: boolean;
}
export interface StreamRequest {
  readonly channel: string;
  readonly fromBlock: number;
}
export interface ChainItem {
  readonly block: number;
  readonly index: number;
  readonly envelope: Uint8Array;
  readonly validationCode: number;
  readonly lastOfBlock: boolean;
  readonly header: Uint8Array;
  readonly transactions: number;
  readonly signatures: Uint8Array;
}
export interface ChainHead {
  readonly block: number;
}
export interface NotifyRequest {
  readonly pile: string;
  readonly action: string;
  readonly payload: string;
}
export interface RollRequest {
  readonly overlapSeconds: number;
}

export interface RevokeRequest {
  /** `<role>:<process>` or `<role>:<process>/<unit>`. */
  readonly holder: string;
  readonly reason: string;
  /** Unix seconds; 0: at once. */
  readonly effective: number;
}

export interface ReadmitRequest {
  readonly holder: string;
}

export interface GovernanceStep {
  readonly kind: string;
  readonly subject: string;
  readonly state: string;
  readonly organisations: readonly string[];
}

/** `item` is JSON. */
export interface GovernanceRequest {
  readonly item: string;
}

export interface Proposal {
  readonly id: string;
  readonly item: string;
  readonly since: number;
}

export interface Decision {
  readonly id: string;
  readonly approve: boolean;
}

/** What a centre's people are shown of the consortium. */
export interface LookRequest {
  readonly what: string;
  /** JSON array. */
  readonly query: string;
}
export interface LookReply {
  readonly json: string;
}

export interface NotifyReply {
  readonly commandId: string;
  readonly sigmaId: Uint8Array;
}
export interface SlotHead {
  readonly number: number;
  readonly epoch: number;
  readonly recordsRoot: Uint8Array;
  readonly revocationsRoot: Uint8Array;
  readonly certchainBlock: number;
}

export interface Sealed {
  readonly sigma: Uint8Array;
}
export interface IdentifyRequest {
  readonly epoch: number;
}

export interface StatementRequest {
  readonly month: string;
}
export interface BilledTransaction {
  readonly transaction: string;
  readonly customer: string;
  readonly state: string;
  readonly code: string;
  readonly bill: string;
  readonly salt: string;
  readonly settledMinor: number;
}
export interface StatementReply {
  readonly transactions: readonly BilledTransaction[];
}
export interface Command {
  readonly customer: string;
  readonly kind: string;
  readonly action: string;
  readonly payload: string;
}
export interface HolderIdentity {
  readonly f: Uint8Array;
  readonly epoch: number;
}
export interface SendRequest {
  readonly commands: readonly Command[];
}
export interface SendReply {
  readonly commandIds: readonly string[];
}
export interface FollowRequest {
  readonly commandIds: readonly string[];
}
export interface CurtailRequest {
  readonly lift: boolean;
  /** W, of each station; unread when lifting. */
  readonly limitW: number;
  /** 0: until lifted. */
  readonly seconds: number;
  /** `process/pile`; empty: every pile that announced itself. */
  readonly piles: readonly string[];
}
export interface CurtailReply {
  readonly commandIds: readonly string[];
  /** In the order of the commands. */
  readonly piles: readonly string[];
}
export interface CommandState {
  readonly commandId: string;
  readonly state: string;
  readonly code: string;
  readonly sigmaId: string;
  /** What the pile's charging station answered: accepted, rejected, unanswered, or empty when none was asked. */
  readonly station: string;
  readonly stationReason: string;
}

export interface StreamBindings {
  readonly epoch: number;
}
export interface Binding {
  readonly f: Uint8Array;
  readonly x: Uint8Array;
  readonly contract: string;
  readonly signature: Uint8Array;
  readonly provider: string;
}

/** Message 4 of the handshake. */
export interface AdmissionRequest {
  readonly request: Uint8Array;
}
export interface Admission {
  /** Message 5. */
  readonly permit: Uint8Array;
  /** Opaque to the station. */
  readonly ticket: Uint8Array;
}
export interface Watched {
  readonly plugged: readonly Uint8Array[];
  readonly unplugged: readonly Uint8Array[];
}
export interface Watch {
  /** Empty if unchanged. */
  readonly encryptionKey: Uint8Array;
  readonly withdrawn: readonly Uint8Array[];
}

export interface PlugRefused {
  readonly code: string;
  readonly message: string;
}
export interface EntryKeyRequest {
  readonly id: number;
  readonly headers: readonly Uint8Array[];
}
export interface EntryKeyAnswer {
  readonly id: number;
  readonly keys: readonly EntryKey[];
}
export interface EntryKey {
  readonly locator: Uint8Array;
  readonly key: Uint8Array;
  readonly refused: string;
}
export interface PileNotice {
  readonly commandId: string;
  readonly kind: string;
  readonly outcome: string;
}

/** One of several: exactly one member is set; `message`, set on received ones, names it. */
type OneOf<T> = { [K in keyof T]: { readonly message?: K } & { readonly [P in K]: T[P] } }[keyof T];

export type FromVehicle = OneOf<{
  answer: EntryKeyAnswer;
  unplug: Empty;
  authentication: Uint8Array;
  sealed: Uint8Array;
}>;
export type ToVehicle = OneOf<{
  accepted: Empty;
  request: EntryKeyRequest;
  refused: PlugRefused;
  notice: PileNotice;
  authentication: Uint8Array;
  sealed: Uint8Array;
}>;

export interface PlugInOrder {
  readonly vehicle: string;
  readonly pile: string;
}
export interface PlugInReply {
  readonly session: Uint8Array;
  /** f of the pile. */
  readonly pile: Uint8Array;
}
export interface ReportOrder {
  readonly vehicle: string;
  readonly powerWatts: number;
  readonly energyWh: number;
}
export interface UnplugOrder {
  readonly vehicle: string;
}
export interface OwnerOrder {
  readonly vehicle: string;
}
/** A session of a vehicle, with what opens its charging records; ids in lower-case hex. */
export interface OwnSession {
  readonly session: string;
  /** ID of the vehicle's certificate. */
  readonly subject: string;
  readonly blinding: string;
  /** `<process>/<pile>`. */
  readonly pile: string;
  /** Unix seconds. */
  readonly openedAt: number;
}
/** What an owner needs to grant, withdraw and read in its own name. */
export interface OwnerReply {
  /** P-256 scalar, 32 bytes hex. */
  readonly secret: string;
  readonly salt: string;
  /** JSON of the committed identity, and of the certificate. */
  readonly identity: string;
  readonly certificate: string;
}

export interface Applicant {
  readonly unit: string;
  /** JSON. */
  readonly application: string;
  /** 64 bytes, hex. */
  readonly proof: string;
  /** 64 bytes, hex; empty at registration. */
  readonly handover: string;
  /** 32 bytes, hex. */
  readonly salt: string;
  /** JSON object of texts. */
  readonly identity: string;
}

export interface RegisterRequest {
  readonly applicants: readonly Applicant[];
}

export interface RegistrationOutcome {
  readonly unit: string;
  /** JSON; empty where refused. */
  readonly certificate: string;
  readonly code: string;
  readonly message: string;
}

export interface RegisterReply {
  readonly outcomes: readonly RegistrationOutcome[];
}

export interface SignedWord {
  /** JSON of a signed grant or withdrawal. */
  readonly word: string;
}

export interface WordReply {
  readonly certchain: string;
  readonly datachain: string;
}

export interface Administration {
  readonly verb: string;
  /** JSON. */
  readonly parameters: string;
}

export interface AdministrationReply {
  /** JSON. */
  readonly result: string;
}
