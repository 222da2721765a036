// SPDX-License-Identifier: Apache-2.0
import { type Schema, atomicMap, fields, mapList } from '../apply/schema.ts';

const fileMode = fields({ defaultMode: { default: 420 } });

const keyReference = atomicMap;

const envSource = fields({
  configMapKeyRef: keyReference,
  secretKeyRef: keyReference,
  resourceFieldRef: atomicMap,
  fieldRef: { 'x-kubernetes-map-type': 'atomic', properties: { apiVersion: { default: 'v1' } } },
});

const probe = fields({
  timeoutSeconds: { default: 1 },
  periodSeconds: { default: 10 },
  successThreshold: { default: 1 },
  failureThreshold: { default: 3 },
  httpGet: fields({ scheme: { default: 'HTTP' } }),
});

const containers: Schema = mapList(['name'], {
  ports: mapList(['containerPort', 'protocol'], { protocol: { default: 'TCP' } }),
  env: mapList(['name'], { valueFrom: envSource }),
  volumeMounts: mapList(['mountPath']),
  volumeDevices: mapList(['devicePath']),
  resources: fields({ claims: mapList(['name']) }),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  resizePolicy: { 'x-kubernetes-list-type': 'atomic' },
  imagePullPolicy: { default: 'IfNotPresent' },
  terminationMessagePath: { default: '/dev/termination-log' },
  terminationMessagePolicy: { default: 'File' },
});

/** Lists that are maps, and defaults, of a pod's spec (and of a template's). */
export const podSpecSchema: Schema = fields({
  containers: withDefaultResources(containers),
  initContainers: withDefaultResources(containers),
  ephemeralContainers: mapList(['name']),
  volumes: mapList(['name'], { configMap: fileMode, secret: fileMode, projected: fileMode }),
  imagePullSecrets: mapList(['name']),
  hostAliases: mapList(['ip']),
  topologySpreadConstraints: mapList(['topologyKey', 'whenUnsatisfiable'], { labelSelector: atomicMap }),
  nodeSelector: atomicMap,
  restartPolicy: { default: 'Always' },
  dnsPolicy: { default: 'ClusterFirst' },
  schedulerName: { default: 'default-scheduler' },
  terminationGracePeriodSeconds: { default: 30 },
  securityContext: { default: {} },
});

function withDefaultResources(list: Schema): Schema {
  const properties = list.items?.properties ?? {};
  return { ...list, items: { properties: { ...properties, resources: { ...properties['resources'], default: {} } } } };
}

export const conditionsSchema: Schema = mapList(['type']);

export const podTemplateSchema: Schema = fields({ spec: podSpecSchema });
