// SPDX-License-Identifier: Apache-2.0
import { checkObjectPrefix } from './object-name.ts';

/** Where objects are kept. */
export type ObjectStorePlace =
  | { readonly kind: 'file'; /** Absolute. */ readonly folder: string }
  /** Without a prefix it is empty. */
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const forms = 'neither file:///FOLDER nor s3://BUCKET or s3://BUCKET/PREFIX';

/** Reads the URL of an object store; `problem` says why it is none, in words that follow "is". */
export function parseObjectStoreUrl(url: string): ObjectStorePlace | { readonly problem: string } {
  const match = /^(file|s3):\/\/([^/?#]*)(\/[^?#]*)?$/.exec(url);
  const [, scheme, authority = '', path = ''] = match ?? [];
  if (scheme === undefined) return { problem: forms };
  return scheme === 'file' ? filePlace(authority, path) : s3Place(authority, path);
}

export function checkObjectStoreUrl(url: string): string | undefined {
  const parsed = parseObjectStoreUrl(url);
  return 'problem' in parsed ? parsed.problem : undefined;
}

function filePlace(authority: string, path: string): ObjectStorePlace | { readonly problem: string } {
  if (authority !== '') return { problem: 'a file URL with a host: write file:///FOLDER, with three slashes' };
  const folder = decoded(path)?.replace(/\/+$/, '');
  if (folder === undefined || folder.includes('\0')) return { problem: 'not a file URL: % needs two digits behind it' };
  return folder === '' ? { problem: 'the root folder: name one below it' } : { kind: 'file', folder };
}

function s3Place(bucket: string, path: string): ObjectStorePlace | { readonly problem: string } {
  if (!bucketPattern.test(bucket)) {
    return {
      problem: 'without the name of a bucket: 3 to 63 of a-z, 0-9, . and -, with a letter or digit at both ends',
    };
  }
  const prefix = path.slice(1).replace(/\/$/, '');
  const wrong = checkObjectPrefix(prefix);
  return wrong === undefined ? { kind: 's3', bucket, prefix } : { problem: `with a prefix that is ${wrong}` };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
