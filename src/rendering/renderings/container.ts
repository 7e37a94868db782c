/**
 * A PoP as containers of one image on the host's own network, for Docker Compose.
 *
 * Root in the container, and no more of root's rights than the process needs: an engine gives capabilities to an ordinary
 * user of a container in no way that Docker, Podman and Kubernetes share. Processes do not see each other, by which a
 * stopped resolver is noticed by its silence (250 ms) and not by what the kernel says of it (75 ms); to share them, the
 * agent's container would have to end whenever the resolver's does.
 */
import { stringify } from 'yaml';
import type { PopSlice } from '../../config/anycast-config.ts';
import { identityQuestion } from '../health-probes.ts';
import {
  configFile,
  installPasswords,
  neighboursWithPassword,
  passwordFolder,
  runDirectory,
} from '../places.ts';
import { type PopProcess, type ProcessName, popProcesses } from '../pop-processes.ts';
import { everyone, type RenderingKind } from '../rendering.ts';

export const containerRendering: RenderingKind = {
  kind: 'container',
  summary: 'a Compose file: host network, least rights, read-only',
  async render(slice, { image }) {
    return [{ path: 'compose.yml', text: compose(slice, image), mode: everyone }];
  },
  next: ({ pop }, { out, image }) => [
    ...installPasswords(pop.neighbours, out, 'root'),
    `docker build -t ${image} -f deploy/container/Dockerfile .`,
    `docker compose -f ${out}/container/compose.yml up -d`,
  ],
};

function compose(slice: PopSlice, image: string): string {
  const processes = popProcesses(slice);
  const document = {
    services: Object.fromEntries(processes.map(process => [process.name, service(process, slice, image)])),
    volumes: {
      // Sockets and the files that the router reads: in memory, as /run is on a host.
      run: { driver_opts: { type: 'tmpfs', device: 'tmpfs', o: 'mode=0750' } },
    },
  };
  return header(slice) + stringify(document, { lineWidth: 120, aliasDuplicateObjects: false });
}

function header({ name, pop }: PopSlice): string {
  const passwords = neighboursWithPassword(pop.neighbours).length > 0;
  return `# PoP ${name} as containers. Made by \`anycast render\`; the configuration is ${configFile} on the host${
    passwords ? `,\n# BGP passwords are in ${passwordFolder}, mode 0400, root's` : ''
  }.
# Up in the order resolver, sidecar, agent; \`docker compose stop\` goes the other way, and the agent drains first.
# Kernel settings are the host's: deploy/sysctl/90-anycast.conf.
`;
}

/** What must run before this one, and therefore goes on while this one stops. */
const after: Readonly<Record<ProcessName, readonly ProcessName[]>> = {
  resolver: [],
  sidecar: ['resolver'],
  agent: ['resolver', 'sidecar'],
};

function service(process: PopProcess, slice: PopSlice, image: string): object {
  const { name, args, capabilities, stopSeconds } = process;
  return {
    image,
    container_name: `anycast-${name}`,
    command: args,
    network_mode: 'host',
    user: 'root',
    cap_drop: ['ALL'],
    ...(capabilities.length > 0 && { cap_add: capabilities }),
    security_opt: ['no-new-privileges:true'],
    read_only: true,
    restart: 'always',
    stop_signal: 'SIGTERM',
    stop_grace_period: `${stopSeconds}s`,
    ...(after[name].length > 0 && { depends_on: after[name] }),
    ...(name === 'resolver' && { ulimits: { nofile: 65_536 } }),
    pids_limit: 100,
    healthcheck: healthcheck(name, slice),
    volumes: [
      `${configFile}:${configFile}:ro`,
      ...(name === 'sidecar' && neighboursWithPassword(slice.pop.neighbours).length > 0
        ? [`${passwordFolder}:${passwordFolder}:ro`]
        : []),
      `run:${runDirectory}`,
    ],
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
  };
}

function healthcheck(name: ProcessName, slice: PopSlice): object {
  const asked = { interval: '10s', timeout: '5s', retries: 3, start_period: '10s' };
  switch (name) {
    case 'resolver':
      return { test: ['CMD', ...identityQuestion(slice)], ...asked };
    case 'agent':
      return {
        test: ['CMD', 'anycast', 'status', '--config', configFile, '--pop', slice.name],
        ...asked,
        interval: '30s',
      };
    case 'sidecar':
      // The sidecar ends when its router does, and is restarted then.
      return { disable: true };
    default:
      return name satisfies never;
  }
}
