import type { AuthenticationKey } from '@chargecast/protocol';
import { concat, utf8 } from '@chargecast/signcryption/bytes';

import type { Certificates } from './certificates';
import type { SealedFrames } from './sealed-frames';
import type { RecordView } from './record-proof';

/** A certificate with its private key. */
export interface Credential {
  /** As the provider issued it. */
  readonly certificate: Uint8Array;
  readonly key: AuthenticationKey;
}

/** What a vehicle and a station both bring. */
export interface Party {
  readonly credential: Credential;
  readonly view: RecordView;
  readonly certificates: Certificates;
  /** Unix seconds. */
  readonly now: () => number;
}

/** What both ends hold when a handshake is done. */
export interface Established {
  /** f of the vehicle. */
  readonly vehicle: Uint8Array;
  /** f of the pile. */
  readonly pile: Uint8Array;
  /** 16 bytes: that of the resumed session, or a new one that neither side chose. */
  readonly session: Uint8Array;
  readonly isResumed: boolean;
  /** The provider's commitment to the vehicle's certificate, 32 bytes. */
  readonly commitment: Uint8Array;
  readonly frames: SealedFrames;
}

/** HPKE's info for a vehicle's identity. */
export function identityInfo(provider: string): Uint8Array {
  return concat(utf8('chargecast auth 1 vehicle identity '), utf8(provider));
}
