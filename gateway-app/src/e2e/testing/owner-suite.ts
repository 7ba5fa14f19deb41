/** An owner of a vehicle of a whole system: takes out its key, permits a garage over HTTPS, sees who has access, revokes. */
import { type LedgerKind, type Person } from '@chargecast/network';
import {
  type AuthorizationReply,
  AuthenticationKey,
  authenticationKeyId,
  type Grant,
  grantBytes,
  type ReadRequest,
  readRequestBytes,
} from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption';

import { ownersCredential, ownerOf } from '../../cli/credential-file';
import { FLEET } from './small-fleet';
import { AUDITOR, PeopleSite } from './people-site';

const PATIENCE = 600_000;

export function ownerSuite(ledger: LedgerKind): void {
  let site: PeopleSite;

  beforeAll(async () => void (site = await PeopleSite.start(ledger)), PATIENCE);
  afterAll(() => site?.stop(), PATIENCE);

  it(
    'permits and revokes by words made where its key is; the data chain obeys, and the provider says who has access',
    async () => {
      const { name, contract, provider } = FLEET.vehicles[0] as (typeof FLEET.vehicles)[0];
      const alice: Person = { role: 'owner', at: provider, name: contract };
      const vehicles = await site.deployment.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
      const credential = ownersCredential(await vehicles.owner({ vehicle: name }));
      vehicles.close();
      const { certificate } = credential;
      if (!certificate) throw new Error('the vehicle holds no certificate');
      const key = ownerOf(credential);
      const { ctx: ctxHex } = (await site.ask(provider, '/v1/owner', alice)).json<{ ctx: string }>();
      const ctx = fromHex(ctxHex);
      const { id: subject, attributes, owner, commitment } = certificate;
      const parts = { role: attributes.role, provider, owner, commitment };
      const asked: Omit<ReadRequest, 'signature'> = {
        ...{ subject, scope: 'charging', at: Math.floor(Date.now() / 1000) },
        ...{ key: key.publicKey, owner: parts },
      };
      const request = { ...asked, signature: key.sign(readRequestBytes(ctx, asked)) };
      const claimed = await site.ask(provider, `/v1/owner/vehicles/${subject}`, alice, {
        method: 'PUT',
        body: { request },
      });
      expect([claimed.status, claimed.json().status]).toEqual([200, 'valid']);

      const party = `key:${authenticationKeyId(AuthenticationKey.generate().publicKey)}`;
      const head = { grantor: { by: 'owner' as const, ...parts }, subject, party };
      const bring = async (word: object): Promise<unknown> =>
        (await site.ask(provider, '/v1/owner/words', alice, { method: 'POST', body: { word } })).json();
      const granted: Grant = {
        ...head,
        ...{ kind: 'thirdParty', scopes: ['charging'], until: Math.floor(Date.now() / 1000) + 3_600, version: 1 },
      };
      const isAuthorized = async (): Promise<boolean> => {
        const tool = await site.deployment.client('Esp', provider, { role: 'esp', name: provider });
        const parameters = JSON.stringify({ subject, party, scope: 'charging' });
        const { result } = await tool.administer({ verb: 'check', parameters });
        tool.close();
        return (JSON.parse(result) as { datachain: AuthorizationReply }).datachain.authorized;
      };
      const states = async (): Promise<string[]> =>
        (await site.ask(provider, '/v1/owner/access', alice))
          .json<{ items: { state: string }[] }>()
          .items.map(({ state }) => state);

      const both = { certchain: 'committed', datachain: 'committed' };
      expect(await bring({ ...granted, signature: key.sign(grantBytes(ctx, granted)) })).toEqual(both);
      expect(await isAuthorized()).toBe(true);
      await site.until('the grant is listed', states, (found) => found[0] === 'inForce');
      const withdrawn = { ...head, version: 2 };
      expect(await bring({ ...withdrawn, signature: key.sign(grantBytes(ctx, withdrawn)) })).toEqual(both);
      expect(await isAuthorized()).toBe(false);
      await site.until('the withdrawal is listed', states, (found) => found[0] === 'withdrawn');
      expect((await site.ask(provider, '/v1/owner/access', AUDITOR)).status).toBe(403);
    },
    PATIENCE,
  );
}
