// SPDX-License-Identifier: Apache-2.0
import { assert } from '@shortlink/common/assert.ts';
import { ByteWriter } from '@shortlink/common/byte-writer.ts';

// The few fields of etcdserverpb (etcd's api/etcdserverpb/rpc.proto) that the benchmark speaks, by their numbers there.

export const etcdPaths = { put: '/etcdserverpb.KV/Put', status: '/etcdserverpb.Maintenance/Status' } as const;

const varintType = 0;
const bytesType = 2;

/** PutRequest { bytes key = 1; bytes value = 2; } */
export function encodePut(key: string, value: string): Uint8Array {
  return new ByteWriter()
    .uint8((1 << 3) | bytesType)
    .text(key)
    .uint8((2 << 3) | bytesType)
    .text(value)
    .finish();
}

/** PutResponse { ResponseHeader header = 1; }, ResponseHeader { int64 revision = 3; }: the revision of the put. */
export function decodePutRevision(response: Uint8Array): bigint {
  return numberField(bytesField(response, 1), 3);
}

export interface EtcdStatus {
  readonly memberId: bigint;
  /** 0: none is known. */
  readonly leaderId: bigint;
}

/** StatusResponse { ResponseHeader header = 1; uint64 leader = 4; }, ResponseHeader { uint64 member_id = 2; } */
export function decodeStatus(response: Uint8Array): EtcdStatus {
  return { memberId: numberField(bytesField(response, 1), 2), leaderId: numberField(response, 4) };
}

/** proto3 leaves out what is 0. */
function numberField(message: Uint8Array, field: number): bigint {
  for (const found of fields(message)) if (found.field === field && found.type === varintType) return found.value;
  return 0n;
}

function bytesField(message: Uint8Array, field: number): Uint8Array {
  for (const found of fields(message)) if (found.field === field && found.type === bytesType) return found.bytes;
  return new Uint8Array(0);
}

interface Field {
  readonly field: number;
  readonly type: number;
  readonly value: bigint;
  readonly bytes: Uint8Array;
}

const none = new Uint8Array(0);

function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      assert(byte !== undefined && shift < 70n, 'a varint ends within the message');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const [field, type] = [tag >>> 3, tag & 7];
    const value = varint();
    assert(type === varintType || type === bytesType, `etcd sends no field of wire type ${type} here`);
    if (type === varintType) {
      yield { field, type, value, bytes: none };
      continue;
    }
    const end = at + Number(value);
    assert(end <= message.length, 'a field ends within the message');
    yield { field, type, value: 0n, bytes: message.subarray(at, end) };
    at = end;
  }
}
