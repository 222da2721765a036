// SPDX-License-Identifier: Apache-2.0
import { checkObjectStoreUrl } from '@shortlink/common/object-store-url.ts';
import type { OptionTable } from '@shortlink/common/options.ts';

function checkObjectStore(text: string): string | undefined {
  return text === '' ? undefined : checkObjectStoreUrl(text);
}

/** Empty, or where an S3 server is. */
export function checkEndpoint(text: string): string | undefined {
  return text === '' || (/^https?:\/\/[^/?#@]+\/?$/.test(text) && URL.canParse(text))
    ? undefined
    : 'not http://host:port or https://host:port';
}

/** Empty, or what may be the name of a region. */
export function checkRegion(text: string): string | undefined {
  return /^[a-z0-9-]{0,63}$/.test(text) ? undefined : 'not the name of a region, such as eu-central-1';
}

/** Rows of the table of options: where cold data is, and how it is reached. */
export const objectStoreOptions = {
  'objectStore.url': {
    kind: 'string',
    default: '',
    fileUrl: true,
    unit: 'file:///FOLDER or s3://BUCKET/PREFIX',
    check: checkObjectStore,
    help: 'Where cold data is kept, the same for all nodes: a folder that they share, or a bucket. In a file, file:FOLDER is relative to the file. Without it all data stays on the nodes.',
  },
  'objectStore.endpoint': {
    kind: 'string',
    default: '',
    unit: 'URL',
    check: checkEndpoint,
    help: 'S3 server other than that of AWS.',
  },
  'objectStore.region': {
    kind: 'string',
    default: '',
    check: checkRegion,
    help: 'Region of the bucket. Without it AWS_REGION and the files of the AWS command line tell it; with an endpoint it is us-east-1.',
  },
  'objectStore.pathStyle': {
    kind: 'enum',
    values: ['auto', 'true', 'false'],
    default: 'auto',
    help: 'Whether the bucket is in the path of URLs, not in their host; auto: with an endpoint.',
  },
  'objectStore.credentialsFile': {
    kind: 'string',
    path: true,
    default: '',
    help: 'File with aws_access_key_id, aws_secret_access_key and perhaps aws_session_token, or folder with files of these names in capitals, as a mounted Secret is; read again when it changes. Without it AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the files of the AWS command line, and the role of the machine are tried.',
  },
} as const satisfies OptionTable;
