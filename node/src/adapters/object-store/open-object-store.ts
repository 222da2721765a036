// SPDX-License-Identifier: Apache-2.0
import { parseObjectStoreUrl } from '@shortlink/common/object-store-url.ts';
import { ObjectStoreError, type ObjectStore } from '../../ports/object-store.ts';
import { FileObjectStore } from './file-store.ts';

/** The options objectStore.*. */
export interface ObjectStoreSettings {
  /** `file:///FOLDER`, `s3://BUCKET` or `s3://BUCKET/PREFIX`. */
  readonly url: string;
  /** Empty: Amazon's. */
  readonly endpoint: string;
  /** Empty: as the SDK finds it, or us-east-1 with an endpoint. */
  readonly region: string;
  /** `auto`: with an endpoint. */
  readonly pathStyle: 'auto' | 'true' | 'false';
  /** A file or a folder (CredentialsFile); empty: as the SDK finds them, first in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
  readonly credentialsFile: string;
}

/** Opens the store that the options name. It does not ask an S3 server yet. @throws ObjectStoreError */
export async function openObjectStore(settings: ObjectStoreSettings): Promise<ObjectStore> {
  const { url, endpoint, region, pathStyle, credentialsFile } = settings;
  const place = parseObjectStoreUrl(url);
  if ('problem' in place)
    throw new ObjectStoreError('invalid', `objectStore.url ${JSON.stringify(url)} is ${place.problem}`);
  if (place.kind === 'file') return FileObjectStore.open(place.folder);
  // The SDK takes a few hundred milliseconds to load, which nobody without S3 should pay for.
  const { S3ObjectStore } = await import('./s3-store.ts');
  return new S3ObjectStore({
    bucket: place.bucket,
    prefix: place.prefix,
    endpoint,
    region,
    pathStyle: pathStyle === 'auto' ? endpoint !== '' : pathStyle === 'true',
    credentialsFile,
  });
}
