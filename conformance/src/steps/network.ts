import { Unsupported } from '../errors';
import { type StepDefinitions } from '../step-definitions';

/** The network and the gateways connected to it. */
export function defineNetworkSteps(steps: StepDefinitions): void {
  // The organisations are there before the first scenario; the ledger runs, with its channels, from a deployment on.
  steps.define('I have deployed a Fabric network', () => undefined);
  steps.define('I have created and joined all channels', () => undefined);
  steps.define(
    'I deploy {word} chaincode named {word} at version {word} for all organizations on channel {word} with endorsement policy {}',
    ({ ledger }, [, chaincode = '', version = '', channel = '', policy = '']) =>
      ledger.deploy({ channel, chaincode, version, policy }),
  );
  for (const action of ['start', 'stop']) {
    steps.define(`I ${action} the peer named {word}`, (_, [peer]) => {
      throw new Unsupported(
        `to ${action} ${peer} alone: the embedded ledger's organisations are virtual, one process runs all`,
      );
    });
  }

  steps.define(
    'I create a gateway named {word} for user {word} in MSP {word}',
    (world, [name = '', user = '', msp = '']) => world.createGateway(name, user, msp, true),
  );
  steps.define(
    'I create a gateway named {word} without signer for user {word} in MSP {word}',
    (world, [name = '', user = '', msp = '']) => world.createGateway(name, user, msp, false),
  );
  for (const step of [
    'I register and enroll an HSM user {word} in MSP {word}',
    'I create a gateway named {word} for HSM user {word} in MSP {word}',
  ]) {
    steps.define(step, () => {
      throw new Unsupported(
        'identities in a hardware security module: they concern the client and need a PKCS #11 library',
      );
    });
  }
  steps.define('I use the gateway named {word}', (world, [name = '']) => world.useGateway(name));
  steps.define('I connect the gateway to {word}', ({ session, ledger }, [peer = '']) =>
    session.connect(ledger.gateway(peer)),
  );
  steps.define('I use the {word} network', ({ session }, [channel = '']) => session.useNetwork(channel));
  steps.define('I use the {word} contract', ({ session }, [chaincode = '']) => session.useContract(chaincode));
}
