import { type Outcome } from './outcome';

/** A step whose outcomes are meant to differ: both are asserted. */
export interface DeliberateDifference {
  readonly step: string;
  readonly why: string;
  readonly fabric: Outcome;
  readonly embedded: Outcome;
}

const refused = (chaincodeMessage: string): Outcome => ({
  refusal: {
    error: 'GatewayError',
    code: 'UNKNOWN',
    message: `2 UNKNOWN: evaluate call to endorser returned error: chaincode response 500, ${chaincodeMessage}`,
    details: [{ mspId: 'CSS1MSP', message: `chaincode response 500, ${chaincodeMessage}` }],
  },
});

export const DELIBERATE: readonly DeliberateDifference[] = [
  {
    step: 'refusals: the endorsement policy of a key, set',
    why: 'key-level endorsement policies are not supported and refused by name',
    fabric: { result: '' },
    embedded: refused(
      'PUT_STATE_METADATA failed: transaction ID: <id>: state metadata (key-level endorsement) is not supported by the embedded ledger',
    ),
  },
  {
    step: 'refusals: a call of itself on another channel',
    why: 'a chaincode calling another is not supported and refused by name',
    fabric: { result: '200 ' },
    embedded: refused(
      'INVOKE_CHAINCODE failed: transaction ID: <id>: a chaincode calling another is not supported by the embedded ledger',
    ),
  },
  {
    step: 'refusals: a refusal without a text',
    why: 'the status text then ends with a space: Fabric’s server sends it as it is and Node drops such a header; ours encodes it',
    fabric: {
      refusal: {
        error: 'GatewayError',
        code: 'UNKNOWN',
        message: '2 UNKNOWN: ',
        details: [{ mspId: 'CSS1MSP', message: 'chaincode response 500, ' }],
      },
    },
    embedded: refused(''),
  },
];
