/** What a holder and the key generation centre send each other at enrolment. */
import { type RecordFields } from './record';
import { type Role } from './roles';
import { type Secret } from './secret';

export interface EnrolmentRequest {
  readonly realId: string;
  readonly role: Role;
  readonly epoch: number;
  readonly X: Uint8Array;
  /** Sign_x("pop"; role, epoch, realId). */
  readonly pop: Uint8Array;
}

/** Goes back to the holder over a mutually authenticated channel; d is half of a private key. */
export interface PartialKey extends RecordFields {
  /** d = r + h·s. */
  readonly d: Secret;
}
