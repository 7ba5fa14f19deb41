/** What the timings say, as multiples of the bare operations of the same machine and run. */
import { ENTRY_OVERHEAD, sigmaBytes } from '@chargecast/signcryption';
import { BYTES_PER_MESSAGE, HPKE_CORE_SIGNED, SHAPED_HPKE, SHAPED_HPKE_SIGNED, SIGNED_HPKE } from './baselines';
import { PRIMITIVES, RECEIVERS, VERIFIED_RECEIVERS } from './cases';
import { MESSAGE_BYTES } from './fixture';
import { type Leakage } from './leakage';
import { type Measurements, type Timing } from './measure';

export interface CryptoResults {
  readonly denominators: {
    readonly x25519: { readonly library: string; readonly microseconds: Timing };
    readonly ed25519Verify: { readonly library: string; readonly microseconds: Timing };
  };
  /** n = 1,000, 128-byte messages. */
  readonly signcryptPerReceiver: {
    readonly ratioToX25519: number;
    readonly spread: Timing;
    /** The same in X25519 of the library that signcrypt calls, were it not the faster one. */
    readonly ratioToOwnX25519: Timing;
    readonly microseconds: number;
    /** Than HPKE per receiver on Node's own functions, without a signature. */
    readonly timesFasterThanHpkeShaped: Timing;
    /** The same with an Ed25519 signature. */
    readonly timesFasterThanHpkeShapedSigned: Timing;
    /** Of what HPKE and an Ed25519 signature cost per receiver on the same primitives. */
    readonly ratioToHpkeNative: number;
    /** The same the other way round. */
    readonly timesFasterThanHpkeNative: Timing;
  };
  /** An entry's agreement, KDF and AEAD alone: below this no way of writing signcrypt gets. */
  readonly signcryptFloor: {
    readonly ratioToX25519: Timing;
    readonly microseconds: number;
    /** What HPKE and Ed25519 take, in multiples of it. */
    readonly timesFasterThanHpkeNative: Timing;
  };
  /** Per receiver by receivers, in X25519; beyond 1,000 in several σ, as the limits demand. */
  readonly signcryptByReceivers: Readonly<
    Record<string, { readonly ratioToX25519: Timing; readonly microseconds: number }>
  >;
  /** Whole σ by receivers, in X25519. */
  readonly signcryptWhole: Readonly<Record<string, { readonly ratioToX25519: number; readonly microseconds: number }>>;
  /** σ of 100 receivers: the verdict. */
  readonly verify: { readonly ratioToEd25519: number; readonly spread: Timing; readonly microseconds: number };
  /** The verdict and σ's id. */
  readonly verifyWithId: { readonly ratioToEd25519: number; readonly microseconds: number };
  /** Verdict and id without an addon, as in the chaincode. */
  readonly verifyNodeCrypto: { readonly ratioToEd25519: number; readonly microseconds: number };
  /** Verdict and id by receivers. */
  readonly verifyByReceivers: Readonly<
    Record<string, { readonly nativeMicroseconds: number; readonly chaincodeMicroseconds: number }>
  >;
  /** One registration record: what its verification costs an endorser, and in pure JavaScript. */
  readonly recordVerification: { readonly chaincodeMicroseconds: number; readonly portableMicroseconds: number };
  /** On the wire for a 128-byte message: σ by receivers, and what else carries one. */
  readonly bytesPerMessage: { readonly sigma: Readonly<Record<string, number>> } & typeof BYTES_PER_MESSAGE;
  /** The field of a known locator, over the same 1,000 locators: in one σ of 1,000, or in 100 σ of 10. */
  readonly locate: {
    readonly ratio1000To10: number;
    readonly spread: Timing;
    readonly nanoseconds10: number;
    readonly nanoseconds1000: number;
    /** Building the table of a σ of 1,000, once per σ. */
    readonly indexMicroseconds1000: number;
  };
  readonly entryKey: { readonly ratioToX25519: number; readonly microseconds: number };
  readonly open: { readonly ratioToEd25519: number; readonly microseconds: number };
  readonly recordToKeys: { readonly ratioToEd25519: number; readonly microseconds: number };
  /** Per receiver, in X25519; those that do not name Ed25519 offer confidentiality alone. */
  readonly others: Readonly<Record<string, { readonly ratioToX25519: number; readonly microseconds: number }>>;
  /** Whether times tell secrets apart: |t| of Welch, a leak above 10; only `control` is meant to. */
  readonly leakage: Leakage;
  readonly nobleToNative: Readonly<Record<string, number>>;
}

/** One set of interleaved rounds for each group of cases. */
export interface Measured {
  readonly core: Measurements;
  readonly standard: Measurements;
  readonly growth: Measurements;
  readonly small: Measurements;
  readonly locate: Measurements;
  readonly compared: Measurements;
  readonly leakage: Leakage;
}

export function summarise({ core, standard, growth, small, locate, compared, leakage }: Measured): CryptoResults {
  const fasterX = (m: Measurements): string => m.faster('x25519 libsodium', 'x25519 openssl');
  const fasterV = small.faster('ed25519 verify libsodium', 'ed25519 verify openssl');
  const inX = (m: Measurements, name: string): { ratioToX25519: number; microseconds: number } => ({
    ratioToX25519: m.ratio(name, fasterX(m)).median,
    microseconds: m.timing(name).median,
  });
  const inV = (name: string): { ratioToEd25519: number; microseconds: number } => ({
    ratioToEd25519: small.ratio(name, fasterV).median,
    microseconds: small.timing(name).median,
  });
  const perReceiver = core.ratio('signcrypt 1000', fasterX(core), 1000);
  const timesFaster = standard.ratio(SIGNED_HPKE, 'signcrypt 1000', 1 / 1000);
  const byReceivers = (m: Measurements, n: number): { ratioToX25519: Timing; microseconds: number } => ({
    ratioToX25519: m.ratio(`signcrypt ${n}`, fasterX(m), n),
    microseconds: m.timing(`signcrypt ${n}`).median / n,
  });
  const located = locate.ratio('locate 1000', 'locate 10');
  const others = ['sealed box', SHAPED_HPKE, SHAPED_HPKE_SIGNED, '@hpke/core', SIGNED_HPKE, HPKE_CORE_SIGNED];
  return {
    denominators: {
      x25519: { library: fasterX(core), microseconds: core.timing(fasterX(core)) },
      ed25519Verify: { library: fasterV, microseconds: small.timing(fasterV) },
    },
    signcryptPerReceiver: {
      ratioToX25519: perReceiver.median,
      spread: perReceiver,
      ratioToOwnX25519: core.ratio('signcrypt 1000', 'x25519 libsodium', 1000),
      timesFasterThanHpkeShaped: standard.ratio(SHAPED_HPKE, 'signcrypt 1000', 1 / 1000),
      timesFasterThanHpkeShapedSigned: standard.ratio(SHAPED_HPKE_SIGNED, 'signcrypt 1000', 1 / 1000),
      microseconds: core.timing('signcrypt 1000').median / 1000,
      ratioToHpkeNative: standard.ratio('signcrypt 1000', SIGNED_HPKE, 1000).median,
      timesFasterThanHpkeNative: timesFaster,
    },
    signcryptFloor: {
      ratioToX25519: core.ratio(PRIMITIVES, fasterX(core)),
      microseconds: core.timing(PRIMITIVES).median,
      timesFasterThanHpkeNative: standard.ratio(SIGNED_HPKE, PRIMITIVES),
    },
    signcryptByReceivers: Object.fromEntries(RECEIVERS.map((n) => [n, byReceivers(growth, n)])),
    signcryptWhole: Object.fromEntries(RECEIVERS.slice(0, 4).map((n) => [n, inX(growth, `signcrypt ${n}`)])),
    verify: { ...inV('verify'), spread: small.ratio('verify', fasterV) },
    verifyWithId: inV('verify 100'),
    verifyNodeCrypto: inV('chaincode 100'),
    verifyByReceivers: Object.fromEntries(
      VERIFIED_RECEIVERS.map((n) => [
        n,
        {
          nativeMicroseconds: small.timing(`verify ${n}`).median,
          chaincodeMicroseconds: small.timing(`chaincode ${n}`).median,
        },
      ]),
    ),
    recordVerification: {
      chaincodeMicroseconds: small.timing('record chaincode').median,
      portableMicroseconds: small.timing('record portable').median,
    },
    bytesPerMessage: {
      sigma: Object.fromEntries(VERIFIED_RECEIVERS.map((n) => [n, sigmaBytes(n, ENTRY_OVERHEAD + MESSAGE_BYTES) / n])),
      ...BYTES_PER_MESSAGE,
    },
    locate: {
      ratio1000To10: located.median,
      spread: located,
      nanoseconds10: 1000 * locate.timing('locate 10').median,
      nanoseconds1000: 1000 * locate.timing('locate 1000').median,
      indexMicroseconds1000: locate.timing('index 1000').median,
    },
    entryKey: inX(small, 'entry key'),
    open: inV('open'),
    recordToKeys: inV('record'),
    others: Object.fromEntries(others.map((name) => [name, inX(compared, name)])),
    leakage,
    nobleToNative: {
      x25519: compared.ratio('noble x25519', fasterX(compared)).median,
      signcrypt10: compared.ratio('noble signcrypt 10', 'native signcrypt 10').median,
    },
  };
}
