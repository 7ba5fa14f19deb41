/** Everything the embedded ledger itself refuses, by a stable code; the message says what to do about it. */
export type EmbeddedLedgerErrorCode =
  | 'E_LEDGER_OPTIONS'
  | 'E_LEDGER_CONFIG_FILE'
  | 'E_LEDGER_DATA_DIR_IN_USE'
  | 'E_LEDGER_DATA_DIR_FOREIGN'
  | 'E_LEDGER_DATA_CORRUPT'
  | 'E_LEDGER_STORE'
  | 'E_LEDGER_START'
  | 'E_LEDGER_LISTEN'
  | 'E_LEDGER_STOPPED'
  | 'E_CHAINCODE_ENTRY'
  | 'E_CHAINCODE_START'
  | 'E_CHAINCODE_EXITED';

export class EmbeddedLedgerError extends Error {
  readonly code: EmbeddedLedgerErrorCode;

  constructor(code: EmbeddedLedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedLedgerError';
    this.code = code;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
