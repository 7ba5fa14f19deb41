import { registrationSuite } from './testing/registration-suite';

describe('certificates on the embedded ledger', () => registrationSuite('embedded'));
