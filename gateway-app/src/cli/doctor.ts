import { type Register } from './command';
import { withExamples } from './defaults';
import { type Check, type Finding, type State } from './doctor/index';
import { type ExitCode, type Io } from './io';

const LABEL: Readonly<Record<State, string>> = {
  ok: 'ok',
  optional: 'optional',
  attention: 'attention',
  wrong: 'WRONG',
};

/** What this machine and checkout lack, and what to do about it. */
export const registerDoctor: Register = (program) => {
  program.verb<object>(
    'doctor',
    'checks this machine and checkout and says what is missing; exit 1 if the demo cannot run here',
    (command) => withExamples(command, './chargecast doctor', './chargecast doctor --json'),
    async (io) => {
      const { allChecks } = await import('./doctor/index.js');
      const { ROOT } = await import('../deployment/root.js');
      const findings: Finding[] = [];
      for (const check of await allChecks(ROOT, process.env)) {
        io.progress(`checking: ${check.name} …`);
        for (const finding of await findingsOf(check)) {
          findings.push(finding);
          tell(io, finding);
        }
      }
      return conclude(io, findings);
    },
  );
};

/** A check that cannot look has found something too. */
async function findingsOf({ name, run }: Check): Promise<readonly Finding[]> {
  try {
    const found = await run();
    return 'state' in found ? [found] : found;
  } catch (error) {
    const { messageOf } = await import('../common/errors.js');
    return [{ name, state: 'attention', found: messageOf(error), remedy: 'restore what it names, or remove it' }];
  }
}

function tell(io: Io, { name, state, found, remedy }: Finding): void {
  io.progress(undefined);
  io.line(`${io.paint(state, LABEL[state].padEnd(9))}  ${name.padEnd(16)}  ${found}`);
  if (remedy !== undefined) io.line(`${' '.repeat(29)}→ ${remedy}`);
}

function conclude(io: Io, findings: readonly Finding[]): ExitCode {
  const count = (state: State): number => findings.filter((finding) => finding.state === state).length;
  const ready = count('wrong') === 0;
  io.line('');
  io.line(
    `${count('ok')} ok, ${count('optional')} optional missing, ${count('attention')} to look at, ${count('wrong')} wrong: ` +
      (ready ? '`npm run demo` can run here' : 'mend what is WRONG first'),
  );
  io.result({ ready, checks: findings });
  return ready ? 0 : 1;
}
