import { getJson } from '../shell/api';
import { mountPage, type PageSpec } from '../shell/page';
import { asProblem, type Problem } from '../shell/problem';
import { ProblemNotice } from '../shell/states';
import { AccessScreen } from './access-screen';
import { type CentreOwner, type ProviderOwner } from './api';
import { HealthScreen } from './health-screen';
import './owner.css';
import { PaymentScreen } from './payment-screen';
import { RecordsScreen } from './records-screen';
import { SessionScreen } from './session-screen';
import { SessionsScreen } from './sessions-screen';
import { VehiclesScreen } from './vehicles-screen';

/** A centre holds sessions, bills and payment; a provider holds certificates, grants and records: each serves its own half. */
const SCREENS: Readonly<Record<'centre' | 'provider', PageSpec['screens']>> = {
  centre: [
    { name: 'sessions', title: 'Sessions and bills', View: SessionsScreen },
    { name: 'session', title: 'Session', isListed: false, View: SessionScreen },
    { name: 'payment', title: 'Payment', View: PaymentScreen },
  ],
  provider: [
    { name: 'access', title: 'Who has access', View: AccessScreen },
    { name: 'health', title: 'Vehicle health', View: HealthScreen },
    { name: 'records', title: 'Charging records', View: RecordsScreen },
    { name: 'vehicles', title: 'Vehicles', View: VehiclesScreen },
  ],
};

async function start(): Promise<void> {
  try {
    const { service } = await getJson<CentreOwner | ProviderOwner>('/v1/owner');
    mountPage({ title: 'Owner', screens: SCREENS[service] });
  } catch (error) {
    const problem = asProblem(error);
    mountPage({ title: 'Owner', screens: [{ name: 'refused', title: 'Not available', View: refusal(problem) }] });
  }
}

const refusal = (problem: Problem) => () => <ProblemNotice problem={problem} retry={() => location.reload()} />;

void start();
