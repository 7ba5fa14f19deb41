import { existsSync } from 'node:fs';
import { join } from 'node:path';

import serveStatic from '@fastify/static';
import { type FastifyInstance } from 'fastify';

import { ROOT } from '../deployment/root';
import { notFound } from './problems';

const DIRECTORY = join(ROOT, 'pages', 'dist');
/** What all pages share. */
const SHARED = 'assets';

/**
 * Serves some of the built pages under `/<page>/`, `/` leading to the first. They hold no data; what they show they ask
 * this service's API for, with the same certificate.
 */
export async function servePages(app: FastifyInstance, pages: readonly string[]): Promise<void> {
  const [first] = pages;
  if (first === undefined) return;
  app.get('/', { schema: { hide: true } }, (_request, reply) => reply.redirect(`/${first}/`));
  if (!existsSync(DIRECTORY)) {
    app.get('/:page/', { schema: { hide: true } }, () => {
      throw notFound('E_PAGES_NOT_BUILT', 'the pages are not built: run npm run build');
    });
    return;
  }
  const open = new Set([...pages, SHARED]);
  await app.register(serveStatic, {
    root: DIRECTORY,
    schemaHide: true,
    redirect: true,
    cacheControl: false,
    allowedPath: (path) => open.has(path.split('/')[1] ?? ''),
  });
}
