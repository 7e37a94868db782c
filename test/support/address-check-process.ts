/** Prints what the address check says of the addresses that are its arguments, in whatever network it is started. */
import { addressCheck } from '../../src/health/checks/address.ts';
import { probeCheck } from './probe-check.ts';

const verdict = await probeCheck(addressCheck, {}, { serviceAddresses: process.argv.slice(2) });
process.stdout.write(verdict.kind);
