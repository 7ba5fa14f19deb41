import { CodedError } from '../common/errors';
import { type Holder } from '../holder';
import { type Handlers, type Peer } from '../rpc';
import { type Curtailment } from './curtailment';
import { type Charging } from './charging';
import { type CommandDesk } from './desk';
import { type Intake } from './intake';
import { statementOf } from './statement';

export interface CscServiceParts {
  /** This centre's name: its operator's tools call with its own certificate. */
  readonly name: string;
  readonly holder: Pick<Holder, 'keyOf'>;
  readonly desk: CommandDesk;
  readonly curtailment: Curtailment;
  readonly intake: Intake;
  /** Absent where operators do the starting and billing. */
  readonly charging: Charging | undefined;
}

/** The Csc service of proto/chargecast.proto. */
export function cscService({ name, holder, desk, curtailment, intake, charging }: CscServiceParts): Handlers<'Csc'> {
  const ensureOperator = (peer: Peer): void => {
    if (peer.name !== name)
      throw new CodedError('E_FORBIDDEN', "only this centre's own operator sends and follows commands");
  };
  return {
    async report({ sigma }, { peer }) {
      await intake.report(sigma, peer);
      return {};
    },
    async receipt({ sigma }, { peer }) {
      await intake.receipt(sigma, peer);
      return {};
    },
    async send({ commands }, { peer }) {
      ensureOperator(peer);
      return { commandIds: await desk.send(commands) };
    },
    follow({ commandIds }, { peer, signal }) {
      ensureOperator(peer);
      return desk.follow(commandIds, signal);
    },
    async curtail(request, { peer }) {
      ensureOperator(peer);
      return curtailment.curtail(request);
    },
    async statement({ month }, { peer }) {
      ensureOperator(peer);
      if (charging) return { transactions: statementOf(charging, month) };
      throw new CodedError('E_CHARGING_OFF', 'this centre bills nothing: give its configuration charging.tariff');
    },
    async identify({ epoch }) {
      const key = holder.keyOf(epoch);
      if (key) return { f: key.record.f, epoch };
      throw new CodedError('E_RECORD_NOT_COUNTED', `this centre has no record of epoch ${epoch}: ask again later`);
    },
  };
}
