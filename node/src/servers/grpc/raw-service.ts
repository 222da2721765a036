// SPDX-License-Identifier: Apache-2.0
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ServiceError } from '@shortlink/common/errors.ts';

interface RawHandlerByKind {
  readonly unary: handleUnaryCall<Buffer, Buffer>;
  readonly server_streaming: handleServerStreamingCall<Buffer, Buffer>;
  readonly bidi_streaming: handleBidiStreamingCall<Buffer, Buffer>;
}

/**
 * A handler per method, over bytes: handlers see how large a message is and answer one that they cannot read with the
 * right status, and gRPC's own codec step costs nothing.
 */
export type RawHandlers<S extends DescService> = {
  readonly [K in keyof S['method']]: RawHandlerByKind[S['method'][K]['methodKind'] & keyof RawHandlerByKind];
};

/** Registers a service. Does not compile when a handler is missing or of another kind than its method. */
export function addRawService<S extends DescService>(server: Server, service: S, handlers: RawHandlers<S>): void;
export function addRawService(server: Server, service: DescService, handlers: UntypedServiceImplementation): void {
  const definition: ServiceDefinition = Object.fromEntries(
    service.methods.map((method) => [method.localName, rawMethod(method)]),
  );
  server.addService(definition, handlers);
}

const asIs = (bytes: Buffer): Buffer => bytes;

function rawMethod(method: DescMethod): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** @throws ServiceError malformed */
export function decodeMessage<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new ServiceError('malformed', `the message is not a ${schema.typeName}`, { cause: error });
  }
}

/** A view over the encoder's own bytes, not a copy. */
export function encodeMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
