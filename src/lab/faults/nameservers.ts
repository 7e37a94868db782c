/** The name servers of the lab out of reach: of everybody, or of one PoP. */
import { type IpAddress, parseIpAddress } from '../../ip/address.ts';
import type { Stage } from '../drill.ts';
import type { NodePlan } from '../plan.ts';
import { dropArriving, dropNothing, fromAddresses } from './firewall.ts';

/** No query reaches a name server, whoever asks. */
export async function cutOffNameservers(stage: Stage): Promise<void> {
  await Promise.all(
    nameserversOf(stage).map(async ({ name }) => await dropArriving(stage, name, ['iifname != "lo"'])),
  );
}

export async function reconnectNameservers(stage: Stage): Promise<void> {
  await dropNothing(
    stage,
    nameserversOf(stage).map(({ name }) => name),
  );
}

/** No answer of a name server reaches the PoP. Everything else does: its peers, its neighbours, its clients. */
export async function loseNameservers(stage: Stage): Promise<void> {
  await dropArriving(stage, stage.pop, fromAddresses(nameserversOf(stage).flatMap(addressesOf)));
}

function nameserversOf({ lab }: Stage): NodePlan[] {
  return lab.plan.nodes.filter(({ role }) => role === 'nameserver');
}

function addressesOf({ interfaces }: NodePlan): IpAddress[] {
  return interfaces.flatMap(({ addresses }) =>
    addresses.flatMap(text => parseIpAddress(text.split('/')[0] ?? '') ?? []),
  );
}
