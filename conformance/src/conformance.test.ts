import { type FeatureFile } from './checkout';
import { runFeatures } from './conformance';
import { type ScenarioResult } from './run-scenario';

const BACKGROUND = `
  Background:
    Given I have deployed a Fabric network
    And I have created and joined all channels
    And I deploy node chaincode named basic at version 1.0.0 for all organizations on channel testchannel with endorsement policy AND("Org1MSP.member","Org2MSP.member")
    And I create a gateway named first for user Alice in MSP Org1MSP
    And I connect the gateway to peer0.org1.example.com
    And I use the testchannel network
    And I use the basic contract
`;

const PASSING = `
Feature: what the embedded ledger does
${BACKGROUND}
  Scenario Outline: a value is <kind>
    When I prepare to submit a put transaction
    And I set the transaction arguments to ["colour", "green"]
    And I do off-line signing as user Alice in MSP Org1MSP
    And I invoke the transaction
    Then the response should be "green"
    When I prepare to evaluate a get transaction
    And I set the transaction argument to ["colour"]
    And I invoke the transaction
    Then the response should be "green"

    Examples:
      | kind |
      | kept |
      | kept again |

  Scenario: another organisation's gateway, restricted endorsers
    Given I create a gateway named second without signer for user Bob in MSP Org2MSP
    And I connect the gateway to peer0.org2.example.com
    And I use the testchannel network
    And I use the basic contract
    When I prepare to evaluate an echoTransient transaction
    And I set transient data on the transaction to
      | a | 1 |
      | b | 2 |
    Then the transaction invocation should fail
    When I use the gateway named first
    And I prepare to evaluate an echoTransient transaction
    And I set transient data on the transaction to
      | a | 1 |
      | b | 2 |
    And I set the endorsing organizations to ["Org1MSP"]
    And I invoke the transaction
    Then the response should be JSON matching
      """
      { "b": "2", "a": "1" }
      """

  Scenario: chaincode events
    Given I create a checkpointer
    And I use the checkpointer to listen for chaincode events from basic
    And I listen for chaincode events from basic on a listener named "other"
    When I prepare to submit an event transaction
    And I set the transaction arguments to ["sunrise", "east"]
    And I invoke the transaction
    Then I should receive a chaincode event named "sunrise" with payload "east"
    And I should receive a chaincode event named "sunrise" with payload "east" on "other"
    When I stop listening for chaincode events
    And I stop listening for chaincode events on "other"
    And I prepare to submit an event transaction
    And I set the transaction arguments to ["sunset", "west"]
    And I invoke the transaction
    And I use the checkpointer to listen for chaincode events from basic
    Then I should receive a chaincode event named "sunset" with payload "west"
    When I replay chaincode events from basic starting at last committed block
    Then I should receive a chaincode event named "sunset" with payload "west"

  Scenario Outline: <kind> events
    Given I create a checkpointer
    And I use the checkpointer to listen for <kind> events
    And I listen for <kind> events on a listener named "other"
    When I prepare to submit an echo transaction
    And I set the transaction argument to ["a block"]
    And I invoke the transaction
    Then I should receive a <kind> event
    And I should receive a <kind> event on "other"
    When I stop listening for <kind> events
    And I stop listening for <kind> events on "other"
    And I replay <kind> events starting at last committed block
    Then I should receive a <kind> event

    Examples:
      | kind |
      | block |
      | filtered block |
      | block and private data |

  Scenario: refusals
    When I prepare to submit an errorMessage transaction
    And I set the transaction argument to ["out of milk"]
    Then the transaction invocation should fail
    And the error status should be ABORTED
    And the error message should contain "failed to endorse transaction"
    And the error details should be
      | peer0.org1.example.com:7051 | Org1MSP | out of milk |
      | peer1.org1.example.com:9051 | Org1MSP | out of milk |

  Scenario: a new definition restarts the ledger on its chain, all three have to endorse
    Given I deploy node chaincode named basic at version 1.0.0 for all organizations on channel testchannel with endorsement policy AND("Org1MSP.member","Org2MSP.member","Org3MSP.member")
    And I deploy node chaincode named errors at version 1.0.0 for all organizations on channel testchannel with endorsement policy AND("Org1MSP.member","Org2MSP.member","Org3MSP.member")
    And I connect the gateway to peer0.org1.example.com
    And I use the testchannel network
    And I use the basic contract
    When I prepare to evaluate a get transaction
    And I set the transaction argument to ["colour"]
    And I invoke the transaction
    Then the response should be "green"
    When I use the errors contract
    And I prepare to submit an orgsFail transaction
    And I set the transaction argument to ["[\\"Org3MSP\\"]"]
    Then the transaction invocation should fail
    And the error details should be
      | peer0.org3.example.com:11051 | Org3MSP | Org3MSP refuses to endorse this |
`;

const FAILING = `
Feature: a driver that could not tell would be worth nothing
${BACKGROUND}
  Scenario: another response
    When I prepare to evaluate an echo transaction
    And I set the transaction argument to ["black"]
    And I invoke the transaction
    Then the response should be "white"

  Scenario: a failure that does not come
    When I prepare to evaluate an echo transaction
    And I set the transaction argument to ["black"]
    Then the transaction invocation should fail

  Scenario: a success that does not come
    When I prepare to evaluate an errorMessage transaction
    And I set the transaction argument to ["no"]
    And I invoke the transaction

  Scenario: another status
    When I prepare to evaluate an errorMessage transaction
    And I set the transaction argument to ["no"]
    Then the transaction invocation should fail
    And the error status should be ABORTED

  Scenario: another organisation's detail
    When I prepare to submit an errorMessage transaction
    And I set the transaction argument to ["no"]
    Then the transaction invocation should fail
    And the error details should be
      | peer0.org2.example.com:8051 | Org2MSP | no |

  Scenario: a detail too few
    When I prepare to submit an errorMessage transaction
    And I set the transaction argument to ["no"]
    Then the transaction invocation should fail
    And the error details should be
      | peer0.org1.example.com:7051 | Org1MSP | no |
      | peer0.org2.example.com:8051 | Org2MSP | no |

  Scenario: another event
    When I listen for chaincode events from basic
    And I prepare to submit an event transaction
    And I set the transaction arguments to ["north", "pole"]
    And I invoke the transaction
    Then I should receive a chaincode event named "north" with payload "star"

  Scenario: an unknown step
    When I wait for the moon

  Scenario: steps out of order
    Then the response should be "a guess"
`;

const UNSUPPORTED = `
Feature: what the embedded ledger refuses by name
${BACKGROUND}
  Scenario: a second peer
    Given I connect the gateway to peer1.org1.example.com

  Scenario: one peer stopped
    When I stop the peer named peer0.org3.example.com

  Scenario: a hardware security module
    Given I create a gateway named hsm for HSM user Carol in MSP Org1MSP

  Scenario: another policy
    Given I deploy node chaincode named basic at version 2.0.0 for all organizations on channel testchannel with endorsement policy OutOf(2,"Org1MSP.member","Org2MSP.member","Org3MSP.member")

  Scenario: another chaincode
    Given I deploy golang chaincode named unheard at version 1.0.0 for all organizations on channel testchannel with endorsement policy OR("Org1MSP.member")

  Scenario: private data, whatever the scenario expects
    Given I deploy golang chaincode named private at version 1.0.0 for all organizations on channel testchannel with endorsement policy OR("Org1MSP.member","Org2MSP.member")
    And I connect the gateway to peer0.org1.example.com
    And I use the testchannel network
    And I use the private contract
    When I prepare to evaluate a ReadPrivateData transaction
    And I set the transaction arguments to ["Own", "key"]
    Then the transaction invocation should fail

  Scenario: key-level endorsement
    When I use the private contract
    And I prepare to submit a SetStateWithEndorser transaction
    And I set the transaction arguments to ["key", "value", "Org1MSP"]
    And I invoke the transaction
`;

let results: readonly ScenarioResult[];

beforeAll(async () => {
  const feature = (group: string, text: string): FeatureFile => ({ group, path: `${group}.feature`, text });
  results = await runFeatures([
    feature('passing', PASSING),
    feature('failing', FAILING),
    feature('unsupported', UNSUPPORTED),
  ]);
}, 240_000);

function outcomes(group: string): readonly (readonly [string, string, string])[] {
  return results
    .filter((result) => result.group === group)
    .map(({ name, status, reason = '' }) => [name, status, reason]);
}

test('every kind of step passes on the embedded ledger', () => {
  expect(outcomes('passing')).toEqual([
    ['a value is kept', 'passed', ''],
    ['a value is kept again', 'passed', ''],
    ["another organisation's gateway, restricted endorsers", 'passed', ''],
    ['chaincode events', 'passed', ''],
    ['block events', 'passed', ''],
    ['filtered block events', 'passed', ''],
    ['block and private data events', 'passed', ''],
    ['refusals', 'passed', ''],
    ['a new definition restarts the ledger on its chain, all three have to endorse', 'passed', ''],
  ]);
});

test('what a scenario expects of a peer that is not run is noted', () => {
  const noted = results.filter(({ notes }) => notes.length > 0).map(({ name, notes }) => [name, ...notes]);
  expect(noted).toEqual([
    ['refusals', 'peer1.org1.example.com:9051 is not run: an organisation of the embedded ledger has one peer'],
  ]);
});

test('what is not as a scenario says fails, with the reason and the step', () => {
  expect(outcomes('failing')).toEqual([
    ['another response', 'failed', expect.stringContaining('black')],
    ['a failure that does not come', 'failed', 'the transaction succeeded with "black"'],
    ['a success that does not come', 'failed', expect.stringContaining('chaincode response 500, no')],
    ['another status', 'failed', expect.stringContaining('UNKNOWN')],
    ["another organisation's detail", 'failed', expect.stringContaining('a detail of peer0.org1.example.com:7051')],
    ['a detail too few', 'failed', 'no detail of peer0.org2.example.com:8051'],
    ['another event', 'failed', expect.stringContaining('pole')],
    ['an unknown step', 'failed', 'no definition of the step "I wait for the moon"'],
    ['steps out of order', 'failed', 'no earlier step made a transaction'],
  ]);
  expect(results.find(({ name }) => name === 'another response')?.step).toBe('the response should be "white"');
});

test('what the ledger refuses by name is listed with its words', () => {
  expect(outcomes('unsupported')).toEqual([
    ['a second peer', 'unsupported', 'peer1.org1.example.com: an organisation of the embedded ledger has one peer'],
    ['one peer stopped', 'unsupported', expect.stringMatching(/^to stop peer0\.org3\.example\.com alone/)],
    ['a hardware security module', 'unsupported', expect.stringMatching(/hardware security module/)],
    ['another policy', 'unsupported', expect.stringMatching(/^the endorsement policy OutOf\(2/)],
    ['another chaincode', 'unsupported', 'chaincode unheard: there is no twin of it'],
    ['private data, whatever the scenario expects', 'unsupported', expect.stringMatching(/collection .*Own/)],
    [
      'key-level endorsement',
      'unsupported',
      'state metadata (key-level endorsement) is not supported by the embedded ledger',
    ],
  ]);
});
