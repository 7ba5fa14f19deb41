import { join } from 'node:path';

import { ANY_SERVICE, type PersonRole } from '@chargecast/network';

import { type Register } from './command';
import { dataDirectory, dataOption, wholeNumber, withExamples } from './defaults';
import { MisuseError } from './io';
import { withStopSignal } from './until-stopped';

interface PagesOptions {
  readonly data?: string;
  readonly as: string;
  readonly service?: string;
  readonly port: number;
}

const NOUN = 'deployment';
/** Who have a page of their own beside that of the service's operator. */
const PAGE_ROLES: ReadonlySet<string> = new Set<PersonRole>(['auditor', 'owner', 'government', 'car-maker']);

/** The pages, for a browser that holds no certificate. */
export const registerPages: Register = (program) => {
  program.verb<PagesOptions>(
    'pages',
    'opens a service’s pages to this machine’s browser as one person, without a certificate in the browser',
    (command) =>
      withExamples(
        command
          .addOption(dataOption(NOUN))
          .requiredOption('--as <person>', 'whose certificate it presents: an id that person list shows')
          .option('--service <name>', 'whose pages; needed for a person who is good at any service')
          .option('--port <n>', 'port on 127.0.0.1', (text) => wholeNumber(text, 1024, 65_535), 0),
        './chargecast pages --data site --as operator-csc1-1',
        './chargecast pages --data site --as auditor-any-1 --service css1',
      ),
    async (io, { data, as, service, port }) => {
      const { layoutOf, listPeople, restAddressOf } = await import('../deployment/index.js');
      const { readFileCoded } = await import('../common/files.js');
      const { startProxy } = await import('../rest/pages-proxy.js');
      const layout = layoutOf(dataDirectory(data, NOUN));
      const person = (await listPeople(join(layout.directory, 'people'))).find(({ id }) => id === as);
      if (!person) throw new MisuseError('E_PERSON_UNKNOWN', `${as} holds no certificate here: see person list`);
      const at = service ?? (person.at === ANY_SERVICE ? undefined : person.at);
      if (at === undefined) throw new MisuseError('E_USAGE', `${as} is good at any service: name one by --service`);
      const [key, cert, ca] = await Promise.all(
        [person.files.key, person.files.cert, person.files.ca].map((file) => readFileCoded(file)),
      );
      const url = await restAddressOf(layout, at);
      const home = PAGE_ROLES.has(person.role) ? `/${person.role}/` : '/';
      await withStopSignal(async (stopped) => {
        const proxy = await startProxy({ service: url, key, cert, ca, port, home } as Parameters<typeof startProxy>[0]);
        io.line(`Open once, in this machine's browser: ${proxy.entrance}`);
        io.note(`${as} at ${at}; Ctrl-C ends it.`);
        io.result({ ready: true, entrance: proxy.entrance, person: as, service: at });
        await stopped;
        await proxy.close();
      });
    },
  );
};
