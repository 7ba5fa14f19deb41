import { type ProcessRole } from '@chargecast/network';

import { type Program, type Register } from './command';
import { registerCscCurtail } from './csc-curtail';
import { registerCscFollow } from './csc-follow';
import { registerCscSchedule } from './csc-schedule';
import { registerCscStatement } from './csc-statement';
import { withExamples } from './defaults';
import { registerEspCertificates } from './esp';
import { registerCssGovernance, registerKgcGovernance } from './governance';
import { registerCscSend, registerKgcOpen } from './operators';
import { withStopSignal } from './until-stopped';

interface RunOptions {
  readonly config: string;
}

const ROLES: readonly (readonly [ProcessRole, string])[] = [
  ['kgc', 'key generation centre: enrolment, one-time credentials, routing'],
  ['css', 'charging station gateway: verifies, gathers, submits, streams'],
  ['csc', 'charging service company’s centre: seals commands and bills'],
  ['cp', 'charging piles’ agent: locates, opens, acts'],
  ['ev', 'vehicles’ unit: plugs in, lends entry keys, reports'],
  ['esp', 'energy service provider: countersigns its vehicles’ records, issues certificates'],
];

const registerCsc: Register = (csc) => {
  registerCscSend(csc);
  registerCscFollow(csc);
  registerCscCurtail(csc);
  registerCscSchedule(csc);
  registerCscStatement(csc);
};

const registerKgc: Register = (kgc) => {
  registerKgcOpen(kgc);
  registerKgcGovernance(kgc);
};

/** What a role's own operator may ask of it while it runs. */
const OPERATORS: Readonly<Partial<Record<ProcessRole, Register>>> = {
  kgc: registerKgc,
  csc: registerCsc,
  css: registerCssGovernance,
  esp: registerEspCertificates,
};

/** `<role> run` for every role. */
export const registerRoles: Register = (program) => {
  for (const [role, description] of ROLES) registerRole(program, role, description);
};

function registerRole(program: Program, role: ProcessRole, description: string): void {
  const group = program.group(role, description);
  OPERATORS[role]?.(group);
  group.verb<RunOptions>(
    'run',
    'runs the role until SIGTERM or Ctrl-C; one line says when it is ready',
    (command) =>
      withExamples(
        command.requiredOption('--config <file>', 'the role’s config.json'),
        `./chargecast ${role} run --config .chargecast/demo/roles/${role === 'kgc' ? role : `${role}1`}/config.json`,
      ),
    async (io, { config }) => {
      const { startRole } = await import('../deployment/start-role.js');
      await withStopSignal(async (stopped) => {
        const running = await startRole(role, config);
        io.line(`${running.role} ${running.name} is ready on port ${running.port}`);
        io.result({ ready: true, role: running.role, name: running.name, port: running.port });
        await stopped;
        await running.stop();
      });
    },
  );
}
