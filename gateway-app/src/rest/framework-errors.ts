import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';

import { type Fault, RestError } from './problems';

const IDEMPOTENCY_KEY = '/idempotency-key';

/** Codes for what the HTTP framework itself refuses, by its own code. */
const KNOWN: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'E_MEDIA_TYPE', 'send the body as application/json'],
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'E_BODY_SIZE', 'the body is larger than this route takes: send less at once'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'E_BODY_SIZE', 'the body has another length than Content-Length says'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'E_JSON', 'the body is not JSON'],
  FST_ERR_BAD_URL: [400, 'E_URL', 'the path holds a broken percent-encoding'],
};

/** The refusal of an error thrown before a handler ran; other errors come back as they are. */
export function fromFramework(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RestError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error);
  const { code, statusCode } = error as Error & { code?: unknown; statusCode?: unknown };
  const known = typeof code === 'string' ? KNOWN[code] : undefined;
  if (known) return new RestError(...known, { cause: error });
  if (typeof code === 'string' && code.startsWith('FST_ERR_') && isClientError(statusCode)) {
    return new RestError(statusCode, 'E_REQUEST', 'the request is not well formed', { cause: error });
  }
  if (error instanceof SyntaxError && statusCode === 400) {
    return new RestError(400, 'E_JSON', 'the body is not JSON', { cause: error });
  }
  return error;
}

function isClientError(status: unknown): status is number {
  return typeof status === 'number' && status >= 400 && status < 500;
}

function invalid(error: {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string | undefined }[];
  readonly validationContext?: string | undefined;
}): RestError {
  const part = error.validationContext === 'querystring' ? 'query' : (error.validationContext ?? 'body');
  const faults: Fault[] = error.validation.map(({ instancePath, message }) => ({
    at: `${part}${instancePath === '/' ? '' : instancePath}`,
    message: message ?? 'is not valid',
  }));
  if (part === 'headers' && faults.some(({ at }) => at.endsWith(IDEMPOTENCY_KEY))) {
    return new RestError(
      400,
      'E_IDEMPOTENCY_KEY',
      'give the header Idempotency-Key a value of your own, 8 to 128 of A–Z a–z 0–9 . _ ~ -, a new one for each new request',
    );
  }
  return new RestError(400, 'E_REQUEST', `the request does not match its schema: see errors`, { errors: faults });
}
