// SPDX-License-Identifier: Apache-2.0
import { S3Client } from '@aws-sdk/client-s3';
import { CredentialsFile } from './s3-credentials.ts';

export interface S3Settings {
  readonly bucket: string;
  /** Before every name, with a `/`; empty: none. */
  readonly prefix: string;
  /** URL of a server other than Amazon's; empty: Amazon's. */
  readonly endpoint: string;
  /** Empty: as the SDK finds it (AWS_REGION, its files), or us-east-1 with an endpoint. */
  readonly region: string;
  /** Whether the bucket is in the path of URLs, not in their host. */
  readonly pathStyle: boolean;
  /** A file or a folder (CredentialsFile); empty: as the SDK finds them (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, its files, the machine's role). */
  readonly credentialsFile: string;
}

/** What servers without regions call theirs. */
const usualRegion = 'us-east-1';
const connectionTimeoutMs = 5000;
/** Waiting for one of the connections is a matter of deadlines; the SDK would write a warning to the console. */
const quietMs = 2 ** 31 - 1;

export function newS3Client(settings: S3Settings): S3Client {
  const { endpoint, credentialsFile } = settings;
  const region = settings.region === '' && endpoint !== '' ? usualRegion : settings.region;
  const file = credentialsFile === '' ? undefined : new CredentialsFile(credentialsFile);
  return new S3Client({
    ...(endpoint === '' ? {} : { endpoint }),
    ...(region === '' ? {} : { region }),
    ...(file === undefined ? {} : { credentials: async () => file.read() }),
    forcePathStyle: settings.pathStyle,
    // Tries again where the outcome of the first time is known to be looked at: not here.
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    responseChecksumValidation: 'WHEN_SUPPORTED',
    // It would take a connection of its own for every part, and six seconds where something on the way does not know it.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: connectionTimeoutMs, socketAcquisitionWarningTimeout: quietMs },
  });
}
