import { mountPage } from '../shell/page';
import { ActivityScreen } from './activity-screen';
import './government.css';
import { UseScreen } from './use-screen';

mountPage({
  title: 'Government',
  screens: [
    { name: 'use', title: 'Use of piles', View: UseScreen },
    { name: 'activity', title: 'Vehicle activity', View: ActivityScreen },
  ],
});
