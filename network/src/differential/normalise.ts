/** What two runs of one ledger would not share either, and nothing else. */
export interface Normalisation {
  readonly what: string;
  readonly pattern: RegExp;
  readonly shown: string;
}

/** Applied in this order to every text a ledger answers with. */
export const NORMALISED: readonly Normalisation[] = [
  { what: 'the creator in hex', pattern: /Creator \[[0-9a-f]+\]/g, shown: 'Creator [<creator>]' },
  { what: 'chaincode package ids', pattern: /chargecast_[0-9a-f]{16}(:[0-9a-f]{64})?/g, shown: '<package>' },
  { what: 'transaction ids and hashes', pattern: /\b[0-9a-f]{64}\b/g, shown: '<id>' },
  { what: 'times', pattern: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4} \w+)/g, shown: '<time>' },
  { what: 'the white space Go’s protobuf varies in its errors', pattern: /proto:[\s\u00a0]+/g, shown: 'proto: ' },
  { what: 'addresses', pattern: /127\.0\.0\.1:\d+/g, shown: '<address>' },
  {
    what: 'sizes of messages, which hold signatures of 70 to 72 bytes',
    pattern: /\b\d+ bytes and/g,
    shown: '<size> bytes and',
  },
];

export function normaliseText(text: string): string {
  return NORMALISED.reduce((shown, { pattern, shown: replacement }) => shown.replace(pattern, replacement), text);
}

/** Which organisations these speak for is chance on Fabric: whose answer came first, which orderer was asked first. */
const OF_ANY_ORGANISATION = [/^ProposalResponsePayloads do not match$/, /^received unsuccessful response from orderer/];

export interface Detail {
  readonly mspId: string;
  readonly message: string;
}

/** Details come in any order; sorted by text. */
export function normaliseDetails(details: readonly Detail[]): Detail[] {
  return details
    .map(({ mspId, message }) => ({
      mspId: OF_ANY_ORGANISATION.some((pattern) => pattern.test(message)) ? '<any>' : mspId,
      message: normaliseText(message),
    }))
    .sort((a, b) => compareText(`${a.mspId} ${a.message}`, `${b.mspId} ${b.message}`));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
