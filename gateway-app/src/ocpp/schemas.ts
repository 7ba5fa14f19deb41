import { readFileSync } from 'node:fs';
import { createValidator } from 'ocpp-rpc';
import { CodedError } from '../common/errors';

/** Which half of an OCPP 2.0.1 exchange a payload is: the request, or the answer to it. */
export type Direction = 'request' | 'response';

interface SchemaError {
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const validator = createValidator(
  'ocpp2.0.1',
  JSON.parse(readFileSync(require.resolve('ocpp-rpc/lib/schemas/ocpp2_0_1.json'), 'utf8')) as object[],
);

const known = new Set(Object.keys(validator._ajv.schemas));

/**
 * Checks a payload against the Open Charge Alliance's JSON schema of OCPP 2.0.1.
 *
 * @throws CodedError E_OCPP_ACTION for an action the standard does not have, E_OCPP_SCHEMA with the schema's reason. The
 * error carries no part of the payload, for payloads are confidential.
 */
export function checkSchema(action: string, direction: Direction, payload: unknown): void {
  const id = `urn:${action}.${direction === 'request' ? 'req' : 'conf'}`;
  if (!known.has(id)) {
    throw new CodedError(
      'E_OCPP_ACTION',
      `OCPP 2.0.1 has no ${direction} named ${JSON.stringify(action.slice(0, 64))}`,
    );
  }
  try {
    void validator.validate(id, payload);
  } catch (error) {
    throw new CodedError('E_OCPP_SCHEMA', `${action} ${direction} refused by its OCPP 2.0.1 schema: ${reasons(error)}`);
  }
}

function reasons(error: unknown): string {
  const errors = (error as { details?: { errors?: readonly SchemaError[] } }).details?.errors;
  return errors === undefined ? 'it cannot be checked' : errors.map(reason).join('; ');
}

function reason({ instancePath, message, params }: SchemaError): string {
  const extra = params['additionalProperty'];
  const named = typeof extra === 'string' ? ` (${JSON.stringify(extra.slice(0, 64))})` : '';
  return `${instancePath === '' ? 'the payload' : instancePath} ${message ?? 'is refused'}${named}`;
}
