import { mountPage } from '../shell/page';
import { BlocksScreen } from './blocks-screen';

mountPage({
  title: 'Operator',
  screens: [{ name: 'blocks', title: 'Blocks', View: BlocksScreen }],
});
