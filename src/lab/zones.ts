/** The registry of zones that the lab's nameservers can serve. A new one is one file in `zones/` and one line here. */

import type { ZoneKind } from './zone.ts';
import { bogus } from './zones/bogus.ts';
import { many } from './zones/many.ts';
import { plain } from './zones/plain.ts';
import { probe } from './zones/probe.ts';
import { root } from './zones/root.ts';
import { signed } from './zones/signed.ts';
import { tld } from './zones/tld.ts';

export const zoneKinds: readonly ZoneKind[] = [root, tld, plain, probe, many, signed, bogus];
