/** The manifest, judged by Kubernetes' own schema (package kubernetes-models); unknown keys are the type checker's to find. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DaemonSet, type IDaemonSet } from 'kubernetes-models/apps/v1/DaemonSet';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { IContainer } from 'kubernetes-models/v1/Container';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Secret } from 'kubernetes-models/v1/Secret';
import { parseAllDocuments } from 'yaml';
import { fileOf, fraOf, password, rendered, withoutPassword, withPassword } from '../rendered-fra.ts';

interface KubernetesObject {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

const models = { ConfigMap, DaemonSet, Namespace, Secret };

async function objectsOf(text: string): Promise<readonly KubernetesObject[]> {
  const files = await rendered(text, ['kubernetes']);
  return files.flatMap(file => parseAllDocuments(file.text).map(each => each.toJS() as KubernetesObject));
}

const guarded = await objectsOf(withPassword);
const daemonSet = guarded.find(({ kind }) => kind === 'DaemonSet') as IDaemonSet | undefined;
const pod = daemonSet?.spec?.template.spec;
const containers: readonly IContainer[] = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];

describe('the Kubernetes manifest of a PoP', () => {
  it('is what the schema of each of its objects allows', () => {
    assert.deepEqual(guarded.map(({ kind }) => kind).sort(), [
      'ConfigMap',
      'DaemonSet',
      'Namespace',
      'Secret',
    ]);
    for (const object of guarded) {
      const Model = models[object.kind as keyof typeof models] as new (data: object) => { validate(): void };
      new Model(object).validate();
    }
  });

  it('would not pass with a value of the wrong type', () => {
    const wrong = structuredClone(daemonSet) as { spec: { template: { spec: { hostNetwork: unknown } } } };
    wrong.spec.template.spec.hostNetwork = 'yes';
    assert.throws(() => new DaemonSet(wrong as unknown as IDaemonSet).validate(), /hostNetwork/);
  });

  it('starts resolver and sidecar before the agent, so that it is stopped before them', () => {
    const order = pod?.initContainers?.map(({ name, restartPolicy }) => `${name} ${restartPolicy}`);
    assert.deepEqual(order, ['resolver Always', 'sidecar Always']);
    assert.deepEqual(
      pod?.containers.map(({ name }) => name),
      ['agent'],
    );
    assert.ok((pod?.terminationGracePeriodSeconds ?? 0) >= 21 + 10 + 10);
  });

  it('runs on the host network of the node of its PoP, and is not replaced unasked', () => {
    assert.equal(pod?.hostNetwork, true);
    assert.deepEqual(pod?.nodeSelector, { 'anycast-dns-kit/pop': 'fra' });
    assert.deepEqual(daemonSet?.spec?.updateStrategy, { type: 'OnDelete' });
    assert.deepEqual(daemonSet?.spec?.selector.matchLabels, daemonSet?.spec?.template.metadata?.labels);
  });

  it('drops every capability but those that the process needs', () => {
    const held = Object.fromEntries(
      containers.map(({ name, securityContext }) => [name, securityContext?.capabilities]),
    );
    assert.deepEqual(held, {
      resolver: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      sidecar: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_BIND_SERVICE', 'NET_RAW'] },
      agent: { drop: ['ALL'], add: ['NET_ADMIN'] },
    });
    for (const { securityContext } of containers) {
      assert.equal(securityContext?.readOnlyRootFilesystem, true);
      assert.equal(securityContext?.allowPrivilegeEscalation, false);
    }
  });

  it('asks resolver and agent for their status at the management address', () => {
    const asked = containers.map(({ name, livenessProbe }) => [name, livenessProbe?.httpGet]);
    assert.deepEqual(Object.fromEntries(asked), {
      resolver: { host: '198.18.1.6', port: 9153, path: '/status' },
      sidecar: undefined,
      agent: { host: '198.18.1.6', port: 9154, path: '/status' },
    });
  });

  it('mounts only volumes that the pod has', () => {
    const known = pod?.volumes?.map(({ name }) => name);
    const mounted = containers.flatMap(({ volumeMounts }) => volumeMounts?.map(({ name }) => name) ?? []);
    assert.deepEqual([...new Set(mounted)].sort(), known?.sort());
  });

  it('keeps BGP passwords in a Secret that the sidecar alone mounts where the ConfigMap says', () => {
    const secret = guarded.find(({ kind }) => kind === 'Secret');
    assert.deepEqual(secret?.stringData, { 'isp-eu': password });
    const holders = containers.filter(({ volumeMounts }) =>
      volumeMounts?.some(({ name }) => name === 'bgp-passwords'),
    );
    assert.deepEqual(
      holders.map(({ name }) => name),
      ['sidecar'],
    );
    const config = guarded.find(({ kind }) => kind === 'ConfigMap')?.data?.['anycast.yaml'] ?? '';
    const mount = holders[0]?.volumeMounts?.find(({ name }) => name === 'bgp-passwords')?.mountPath;
    assert.equal(fraOf(config).pop.neighbours[0]?.passwordFile, `${mount}/isp-eu`);
  });

  it('has no Secret where there is no password, and the configuration word for word', async () => {
    const files = await rendered(withoutPassword, ['kubernetes']);
    assert.equal(files.length, 1);
    const objects = parseAllDocuments(fileOf(files, 'kubernetes/anycast-fra.yaml').text);
    const config = objects
      .map(each => each.toJS() as KubernetesObject)
      .find(({ kind }) => kind === 'ConfigMap');
    assert.equal(config?.data?.['anycast.yaml'], withoutPassword);
  });
});
