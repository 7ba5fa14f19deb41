import { mountPage } from '../shell/page';
import { VerifyScreen } from './verify-screen';

mountPage({
  title: 'Auditor',
  screens: [{ name: 'verify', title: 'Verify', View: VerifyScreen }],
});
