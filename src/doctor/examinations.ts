/** The registry of examinations, in the order of the report: what is to run, the host, the way out. A new one is one file in `examinations/` and one line here. */
import type { Examination } from './examination.ts';
import { arpExamination } from './examinations/arp.ts';
import { bfdExamination } from './examinations/bfd.ts';
import { clockExamination } from './examinations/clock.ts';
import { configurationExamination } from './examinations/configuration.ts';
import { conntrackExamination } from './examinations/conntrack.ts';
import { gracefulRestartExamination } from './examinations/graceful-restart.ts';
import { kernelSettingsExamination } from './examinations/kernel-settings.ts';
import { managementAddressExamination } from './examinations/management-address.ts';
import { mtuExamination } from './examinations/mtu.ts';
import { openFilesExamination } from './examinations/open-files.ts';
import { permissionsExamination } from './examinations/permissions.ts';
import { portsExamination } from './examinations/ports.ts';
import { prefixesExamination } from './examinations/prefixes.ts';
import { processesExamination } from './examinations/processes.ts';
import { reversePathExamination } from './examinations/reverse-path.ts';
import { routerExamination } from './examinations/router.ts';
import { runDirectoryExamination } from './examinations/run-directory.ts';
import { runtimeExamination } from './examinations/runtime.ts';
import { serviceAddressExamination } from './examinations/service-address.ts';
import { sessionsExamination } from './examinations/sessions.ts';
import { socketBuffersExamination } from './examinations/socket-buffers.ts';

export const examinations: readonly Examination[] = [
  configurationExamination,
  runtimeExamination,
  processesExamination,
  permissionsExamination,
  runDirectoryExamination,
  openFilesExamination,
  managementAddressExamination,
  serviceAddressExamination,
  portsExamination,
  reversePathExamination,
  arpExamination,
  socketBuffersExamination,
  kernelSettingsExamination,
  conntrackExamination,
  clockExamination,
  mtuExamination,
  routerExamination,
  sessionsExamination,
  bfdExamination,
  gracefulRestartExamination,
  prefixesExamination,
];
