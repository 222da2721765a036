// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';

/** As S3 writes a CRC-32: base64 of its four bytes, big endian. `known` is the one that the caller computed. */
export function checksumOf(body: Uint8Array, known: number | undefined): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(known ?? crc32(body));
  return bytes.toString('base64');
}

/** The checksum that a store tells of an object, with its algorithm. */
export function toldChecksum(head: HeadObjectCommandOutput): string | undefined {
  const told = [
    ['CRC32', head.ChecksumCRC32],
    ['CRC32C', head.ChecksumCRC32C],
    ['CRC64NVME', head.ChecksumCRC64NVME],
    ['SHA256', head.ChecksumSHA256],
    ['SHA1', head.ChecksumSHA1],
  ] as const;
  const first = told.find(([, value]) => value !== undefined);
  return first === undefined ? undefined : `${first[0]} ${first[1]}`;
}
