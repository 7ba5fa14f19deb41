import { ASSUMPTIONS, type Assumptions } from '@chargecast/bench/region/plan';
import { type Command, InvalidArgumentError } from 'commander';

/** What each option supposes of the region; commander gives them by the assumptions' own names. */
const OPTIONS: Readonly<Record<keyof Assumptions, readonly [flag: string, meaning: string]>> = {
  vehicles: ['--vehicles <n>', 'vehicles of the region'],
  commandsPerDay: ['--commands-per-day <n>', 'commands and bills to one vehicle a day'],
  chargesPerDay: ['--charges-per-day <n>', 'charging records of one vehicle a day'],
  receivers: ['--receivers <n>', 'receivers of one σ, on average'],
  organisations: ['--organisations <n>', 'organisations of the consortium'],
  peak: ['--peak <n>', 'busiest hour by mean hour'],
  vehiclesPerPile: ['--vehicles-per-pile <n>', 'vehicles for each pile'],
  pilesPerAgent: ['--piles-per-agent <n>', 'piles behind one agent, which follows one channel'],
  agentMbit: ['--agent-mbit <n>', 'Mbit/s an agent’s link may carry of the stream'],
  cores: ['--cores <n>', 'cores of a host'],
  utilisation: ['--utilisation <share>', 'share of a host and of a channel’s measured rate that is planned with'],
  certificateDays: ['--certificate-days <n>', 'days for which a certificate holds'],
};

export function regionOptions(command: Command): Command {
  for (const [name, [flag, meaning]] of Object.entries(OPTIONS)) {
    command.option(flag, meaning, moreThanZero, ASSUMPTIONS[name as keyof Assumptions]);
  }
  return command;
}

export function assumptionsOf(options: Assumptions): Assumptions {
  const names = Object.keys(OPTIONS) as (keyof Assumptions)[];
  return Object.fromEntries(names.map((name) => [name, options[name]])) as unknown as Assumptions;
}

function moreThanZero(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number <= 0) {
    throw new InvalidArgumentError('expected is a number above 0.');
  }
  return number;
}
