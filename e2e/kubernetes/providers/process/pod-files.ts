// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KubeObject } from '../../../../operator/src/ports/kube-api.ts';
import { isFields } from '../../../../operator/src/crd/schema.ts';

/** What the volumes of a pod show, by the path below the mount of the volume. */
export type Files = ReadonlyMap<string, Buffer>;

export interface FileSource {
  readonly configMap: (name: string) => KubeObject | undefined;
  readonly secret: (name: string) => KubeObject | undefined;
}

interface VolumeOfFiles {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly secret?: { readonly secretName: string };
  readonly downwardAPI?: {
    readonly items: readonly { readonly path: string; readonly fieldRef: { readonly fieldPath: string } }[];
  };
}

/** Undefined while an object is missing, for which a real kubelet waits, too. */
export function filesOf(volume: unknown, pod: KubeObject, source: FileSource): Files | undefined {
  const { configMap, secret, downwardAPI } = volume as VolumeOfFiles;
  if (configMap !== undefined) return contentOf(source.configMap(configMap.name), 'utf8');
  if (secret !== undefined) return contentOf(source.secret(secret.secretName), 'base64');
  const items = downwardAPI?.items ?? [];
  return new Map(
    items.map(({ path, fieldRef }) => {
      const annotation = /^metadata\.annotations\['(.*)'\]$/.exec(fieldRef.fieldPath)?.[1] ?? '';
      return [path, Buffer.from(pod.metadata.annotations?.[annotation] ?? '')];
    }),
  );
}

function contentOf(object: KubeObject | undefined, encoding: BufferEncoding): Files | undefined {
  if (object === undefined) return undefined;
  const data = 'data' in object && isFields(object.data) ? object.data : {};
  return new Map(Object.entries(data).map(([name, text]) => [name, Buffer.from(String(text), encoding)]));
}

/** Each file is replaced at once, as the kubelet does it. */
export function writeFiles(folder: string, files: Files, written: Map<string, string>): void {
  for (const [name, content] of files) {
    const path = join(folder, name);
    const text = content.toString('base64');
    if (written.get(path) === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, content);
    renameSync(`${path}.new`, path);
    written.set(path, text);
  }
}
