/** Everything this package refuses, by a stable code; the message says what to do about it. */
export type NetworkErrorCode =
  | 'E_TOPOLOGY'
  | 'E_PORT_BUSY'
  | 'E_PORTS'
  | 'E_PKI_INCOMPLETE'
  | 'E_PKI_NAME'
  | 'E_PROFILE_MISSING'
  | 'E_PROFILE_SYNTAX'
  | 'E_PROFILE_INVALID'
  | 'E_PROFILE_ADMIN'
  | 'E_FABRIC_MISSING'
  | 'E_FABRIC_VERSION'
  | 'E_FABRIC_CONFIG'
  | 'E_FABRIC_TOOL'
  | 'E_FABRIC_EXITED'
  | 'E_FABRIC_TIMEOUT'
  | 'E_FABRIC_STATE'
  | 'E_FABRIC_JOIN'
  | 'E_FABRIC_ORDERER'
  | 'E_FABRIC_NODE_UNKNOWN'
  | 'E_CHAINCODE_BUNDLE'
  | 'E_LEDGER_BUSY'
  | 'E_LEDGER_START';

export class NetworkError extends Error {
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NetworkError';
    this.code = code;
  }
}
