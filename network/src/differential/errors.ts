/** The suite itself could not go on; differences between ledgers are results, not errors. */
export class DifferentialError extends Error {
  readonly code: 'E_DIFFERENTIAL_SETUP' | 'E_DIFFERENTIAL_RECORDING' | 'E_DIFFERENTIAL_STEP';

  constructor(code: DifferentialError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DifferentialError';
    this.code = code;
  }
}
