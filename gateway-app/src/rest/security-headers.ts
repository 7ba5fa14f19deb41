import { type FastifyReply, type FastifyRequest } from 'fastify';

import { RestError } from './problems';

/** Pages take everything from this service and nothing from elsewhere, and nobody frames them. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function setSecurityHeaders(reply: FastifyReply): void {
  reply.headers({
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  });
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
}

/**
 * A browser presents its certificate for whatever page asks it to: what changes something must come from a page of this
 * service, or from no page at all.
 * @throws RestError 403 E_ORIGIN
 */
export function refuseForeignOrigin({ method, headers, host }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD' || headers.origin === undefined) return;
  if (headers.origin === `https://${host}`) return;
  throw new RestError(403, 'E_ORIGIN', 'this page may not call this service: use the pages the service itself serves');
}
