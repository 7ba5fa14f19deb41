import { type HolderKey, type Params } from '@chargecast/signcryption';

/** One handshake under way; its steps run in order, each once. */
export interface HandshakeRun {
  step(index: number): Promise<void>;
}

/** An X.509 certificate chain of one with its key, PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

/** What is measured. The bench knows no protocol: the application brings its own. */
export interface HandshakeSubject {
  /** Names of the steps, in order. */
  readonly steps: readonly string[];
  /** @param known whether the parties have met each other's certificates before */
  begin(known: boolean): HandshakeRun;
  /** Verifies one certificate's signature, in full. */
  verifyCertificate(): void;
  /** Opens and closes one session over TLS 1.3 with client authentication needs these, on the same curve. */
  readonly tls: { readonly roots: string; readonly server: TlsIdentity; readonly client: TlsIdentity };
}

/** Keys of the scheme's records, which a handshake signs with as well. */
export interface SubjectParts {
  readonly params: Params;
  readonly vehicle: HolderKey;
  readonly pile: HolderKey;
}

export type SubjectFactory = (parts: SubjectParts) => Promise<HandshakeSubject>;
