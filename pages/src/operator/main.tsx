import { mountPage } from '../shell/page';
import { AlarmsScreen } from './alarms-screen';
import { BillsScreen } from './bills-screen';
import { BlocksScreen } from './blocks-screen';
import { CertificatesScreen } from './certificates-screen';
import { CommandScreen } from './command-screen';
import { CommandsScreen } from './commands-screen';
import { LedgerScreen } from './ledger-screen';
import { OverviewScreen } from './overview-screen';
import { PilesScreen } from './piles-screen';
import { SendScreen } from './send-screen';
import { SessionScreen } from './session-screen';
import { SessionsScreen } from './sessions-screen';
import { AbsentScreen, VehiclesScreen } from './vehicles-screen';

mountPage({
  title: 'Operator',
  screens: [
    { name: 'overview', title: 'Overview', View: OverviewScreen },
    { name: 'commands', title: 'Commands', View: CommandsScreen },
    { name: 'command', title: 'Command', isListed: false, View: CommandScreen },
    { name: 'send', title: 'Send a command', isListed: false, View: SendScreen },
    { name: 'sessions', title: 'Sessions', View: SessionsScreen },
    { name: 'session', title: 'Session', isListed: false, View: SessionScreen },
    { name: 'bills', title: 'Bills', View: BillsScreen },
    { name: 'vehicles', title: 'Vehicles', View: VehiclesScreen },
    { name: 'absent', title: 'Absent vehicles', View: AbsentScreen },
    { name: 'piles', title: 'Piles', View: PilesScreen },
    { name: 'certificates', title: 'Certificates', View: CertificatesScreen },
    { name: 'ledger', title: 'Ledger', View: LedgerScreen },
    { name: 'blocks', title: 'Blocks', isListed: false, View: BlocksScreen },
    { name: 'alarms', title: 'Alarms', View: AlarmsScreen },
  ],
});
