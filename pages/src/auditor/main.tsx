import { mountPage } from '../shell/page';
import { BlockScreen } from './block-screen';
import { BlocksScreen } from './blocks-screen';
import { VerifyScreen } from './verify-screen';

mountPage({
  title: 'Auditor',
  screens: [
    { name: 'verify', title: 'Verify', View: VerifyScreen },
    { name: 'blocks', title: 'Blocks', View: BlocksScreen },
    { name: 'block', title: 'Block', isListed: false, View: BlockScreen },
  ],
});
