import { mountPage } from '../shell/page';
import { SessionsScreen } from './sessions-screen';
import { VehiclesScreen } from './vehicles-screen';

mountPage({
  title: 'Car maker',
  screens: [
    { name: 'vehicles', title: 'Permitted vehicles', View: VehiclesScreen },
    { name: 'sessions', title: 'Sessions of a vehicle', isListed: false, View: SessionsScreen },
  ],
});
