/**
 * A PoP as one pod on the node that is labelled with its name: a DaemonSet of its own, with its own ConfigMap and Secret.
 *
 * - Resolver and sidecar are sidecar containers in Kubernetes' sense (initContainers with `restartPolicy: Always`,
 *   Kubernetes 1.29 and later): started in order before the agent, and stopped after it in the reverse order. So SIGTERM
 *   reaches the agent first, which drains while the others still work. There is no preStop that would say
 *   `anycast drain`: it would also run where a single container is restarted, and a drain outlives the agent that did it.
 * - Each PoP's objects are its own, and a pod is replaced only when somebody deletes it (`OnDelete`): applying all PoPs'
 *   manifests at once takes no PoP out.
 * - Root in the container with the capabilities it needs and no others: Kubernetes has no ambient capabilities.
 * - Kernel settings of the node's network cannot be set by a pod of that network: the node gets deploy/sysctl.
 */
import type { IDaemonSet } from 'kubernetes-models/apps/v1';
import type { IConfigMap, IContainer, INamespace, IPodSpec, IProbe, ISecret } from 'kubernetes-models/v1';
import { stringify } from 'yaml';
import type { PopSlice } from '../../config/anycast-config.ts';
import { memoryBound } from '../../config/resolver/memory-bound.ts';
import { statusPage } from '../health-probes.ts';
import { configFile, neighboursWithPassword, passwordFolder, runDirectory } from '../places.ts';
import { type PopProcess, type ProcessName, popProcesses } from '../pop-processes.ts';
import { everyone, ownerOnly, type RenderedFile, type RenderingKind } from '../rendering.ts';

const namespace = 'anycast';

/** The label of the node that is this PoP. */
const popLabel = 'anycast-dns-kit/pop';

export const kubernetesRendering: RenderingKind = {
  kind: 'kubernetes',
  summary: 'a pod on the host network of its own node',
  async render(slice, { image, configText }) {
    const files: RenderedFile[] = [
      {
        path: `anycast-${slice.name}.yaml`,
        text: documents([podNamespace, configMap(slice, configText), daemonSet(slice, image)], slice),
        mode: everyone,
      },
    ];
    if (!hasPasswords(slice)) return files;
    return [
      ...files,
      { path: `anycast-${slice.name}-bgp.yaml`, text: documents([secret(slice)], slice), mode: ownerOnly },
    ];
  },
  next(slice, { out }) {
    const { name } = slice;
    const file = `${out}/kubernetes/anycast-${name}`;
    return [
      `kubectl label node NODE ${popLabel}=${name}`,
      `kubectl apply -f ${file}.yaml${hasPasswords(slice) ? ` -f ${file}-bgp.yaml` : ''}`,
      `kubectl -n ${namespace} delete pod -l ${popLabel}=${name}  # later, to take a change over`,
    ];
  },
};

function documents(objects: readonly object[], { name }: PopSlice): string {
  const header = `# PoP ${name}. Made by \`anycast render\`. It runs on the node with the label ${popLabel}=${name}.\n`;
  return (
    header +
    objects.map(each => stringify(each, { lineWidth: 120, aliasDuplicateObjects: false })).join('---\n')
  );
}

/** The host's network is for privileged namespaces only (Pod Security Standards). */
const podNamespace: INamespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
};

function metadata({ name }: PopSlice, suffix = '') {
  return {
    name: `anycast-${name}${suffix}`,
    namespace,
    labels: { 'app.kubernetes.io/name': 'anycast', [popLabel]: name },
  };
}

function configMap(slice: PopSlice, configText: string): IConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(slice),
    data: { 'anycast.yaml': configText },
  };
}

function secret(slice: PopSlice): ISecret {
  const passwords = neighboursWithPassword(slice.pop.neighbours).map(({ name, password = '' }) => [
    name,
    password,
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata(slice, '-bgp'),
    type: 'Opaque',
    stringData: Object.fromEntries(passwords),
  };
}

function daemonSet(slice: PopSlice, image: string): IDaemonSet {
  const { labels } = metadata(slice);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata(slice),
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'OnDelete' },
      template: { metadata: { labels }, spec: podSpec(slice, image) },
    },
  };
}

function podSpec(slice: PopSlice, image: string): IPodSpec {
  const processes = popProcesses(slice);
  const containers = processes.map(process => container(process, slice, image));
  return {
    nodeSelector: { [popLabel]: slice.name },
    // The PoP stays on a node that is in trouble: whether it serves is the agent's to decide.
    tolerations: [{ operator: 'Exists' }],
    priorityClassName: 'system-node-critical',
    hostNetwork: true,
    // The node's own resolver: the cluster's may be reached by way of us.
    dnsPolicy: 'Default',
    // The agent asks the kernel about the resolver's process.
    shareProcessNamespace: true,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: processes.reduce((sum, { stopSeconds }) => sum + stopSeconds, 0),
    initContainers: containers
      .filter(({ name }) => name !== 'agent')
      .map(each => ({ ...each, restartPolicy: 'Always' })),
    containers: containers.filter(({ name }) => name === 'agent'),
    volumes: [
      { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
      { name: 'config', configMap: { name: metadata(slice).name } },
      ...(hasPasswords(slice)
        ? [
            {
              name: 'bgp-passwords',
              secret: { secretName: metadata(slice, '-bgp').name, defaultMode: 0o400 },
            },
          ]
        : []),
    ],
  };
}

function container(process: PopProcess, slice: PopSlice, image: string): IContainer {
  const { name, args, capabilities } = process;
  return {
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    args: [...args],
    securityContext: {
      runAsUser: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], ...(capabilities.length > 0 && { add: [...capabilities] }) },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    resources: { requests: requests(name, slice) },
    ...(name !== 'sidecar' && probes(name, slice)),
    volumeMounts: [
      { name: 'run', mountPath: runDirectory },
      { name: 'config', mountPath: configFile, subPath: 'anycast.yaml', readOnly: true },
      ...(name === 'sidecar' && hasPasswords(slice)
        ? [{ name: 'bgp-passwords', mountPath: passwordFolder, readOnly: true }]
        : []),
    ],
  };
}

/** Of the resolver, all that it may come to have; any other Node process takes some 100 MB. */
function requests(name: ProcessName, { config }: PopSlice): Record<string, string> {
  if (name !== 'resolver') return { cpu: '100m', memory: '128Mi' };
  return { cpu: '500m', memory: `${Math.ceil(memoryBound(config.resolver) / 2 ** 20)}Mi` };
}

/** Slow on purpose: the agent withdraws a sick resolver within milliseconds, the kubelet only restarts it in the end. */
function probes(
  process: 'resolver' | 'agent',
  slice: PopSlice,
): Pick<IContainer, 'startupProbe' | 'livenessProbe'> {
  const { host, port } = statusPage(slice, process);
  const asked: IProbe = { httpGet: { host, port, path: '/status' }, timeoutSeconds: 3 };
  return {
    startupProbe: { ...asked, periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...asked, periodSeconds: 10, failureThreshold: 3 },
  };
}

function hasPasswords({ pop }: PopSlice): boolean {
  return neighboursWithPassword(pop.neighbours).length > 0;
}
