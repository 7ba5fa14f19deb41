import { type Chart } from './chart';
import { type CurtailmentResults } from './curtailment/curtailment';
import { type CryptoResults } from './crypto/results';
import { type EndToEndResults } from './end-to-end/end-to-end';
import { type HandshakeResults } from './handshake/handshake';
import { type RegistrationResults } from './registration/registration';
import { rounded, type Spread } from './statistics';
import { type VerificationResults } from './verification/verification';

/** What each suite shows at a glance; the JSON has all of it. */
export function cryptoChart({ signcryptPerReceiver, others }: CryptoResults): Chart {
  return {
    title: 'Sealing for one receiver of 1,000, CPU time',
    unit: 'µs',
    bars: [
      { label: 'signcrypt', value: rounded(signcryptPerReceiver.microseconds) },
      ...Object.entries(others).map(([label, { microseconds }]) => ({ label, value: rounded(microseconds) })),
    ],
  };
}

export function handshakeChart({ handshake, tls13 }: HandshakeResults): Chart {
  return {
    title: 'Mutual authentication, CPU time of all parties',
    unit: 'µs',
    bars: [
      { label: 'vehicle, station, provider', value: rounded(handshake.microseconds.median) },
      { label: 'TLS 1.3 (OpenSSL)', value: rounded(tls13.microseconds.median) },
    ],
  };
}

export function curtailmentChart({ curtailment }: CurtailmentResults): Chart {
  return {
    title: 'From the call to a station’s acceptance',
    unit: 'ms',
    bars: curtailment.flatMap(({ ledger, stations, acceptedMs }) =>
      (['p50', 'p95', 'max'] as const).map((which) => ({
        label: `${ledger}, ${stations} stations, ${which}`,
        value: rounded(acceptedMs[which]),
      })),
    ),
  };
}

export function registrationChart({ embedded, fabric }: RegistrationResults): Chart {
  const bars = Object.entries({ embedded, ...(fabric && { fabric }) }).flatMap(([ledger, figures]) => [
    { label: `${ledger}, accepted`, value: figures.acceptedPerSecond },
    { label: `${ledger}, committed`, value: figures.processedPerSecond },
  ]);
  return { title: 'Vehicles registered a second', unit: '/s', bars };
}

const bar = (label: string, { median, lowest, highest }: Spread): Chart['bars'][number] => ({
  label,
  value: median,
  lowest,
  highest,
});

export function endToEndChart({ ledger, rounds }: EndToEndResults): Chart {
  return {
    title: `Confidential commands committed and streamed a second (${ledger})`,
    unit: '/s',
    bars: [bar('gathered in σ', rounds.ours), bar('one sealed box a transaction', rounds.baseline)],
  };
}

export function verificationChart(results: VerificationResults): Chart {
  return {
    title: `Transactions of ${results.bytes} bytes a second (${results.ledger})`,
    unit: '/s',
    bars: [
      bar('σ, verified', results.verifiedPerSecond),
      bar('put, unseen', results.plainPerSecond),
      bar('put, in blocks once', results.plainOncePerSecond),
    ],
  };
}
