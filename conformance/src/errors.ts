import { isNativeError } from 'node:util/types';

export type ConformanceErrorCode =
  /** The folder given is no checkout of fabric-gateway with its scenarios. */
  | 'E_CONFORMANCE_CHECKOUT'
  /** A feature file is not Gherkin. */
  | 'E_CONFORMANCE_FEATURE'
  /** Stopped before the last scenario. */
  | 'E_CONFORMANCE_STOPPED'
  /** A scenario's steps stand in an order that has no meaning. */
  | 'E_CONFORMANCE_STEPS';

export class ConformanceError extends Error {
  constructor(
    readonly code: ConformanceErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ConformanceError';
  }
}

/** A scenario asks for something the embedded ledger refuses by name; the message is the reason listed. */
export class Unsupported extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'Unsupported';
  }
}

export function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** @throws ConformanceError E_CONFORMANCE_STEPS where an earlier step should have made `value` */
export function made<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new ConformanceError('E_CONFORMANCE_STEPS', `no earlier step made ${what}`);
  return value;
}
