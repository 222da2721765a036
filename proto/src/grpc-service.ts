// SPDX-License-Identifier: Apache-2.0
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod, DescService, MessageShape } from '@bufbuild/protobuf';
import { Metadata } from '@grpc/grpc-js';
import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  Server,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';

type Input<M> = M extends { readonly input: infer I extends DescMessage } ? MessageShape<I> : never;
type Output<M> = M extends { readonly output: infer O extends DescMessage } ? MessageShape<O> : never;
type Kind<M> = M extends { readonly methodKind: infer K } ? K : never;

interface HandlerByKind<I, O> {
  readonly unary: handleUnaryCall<I, O>;
  readonly server_streaming: handleServerStreamingCall<I, O>;
  readonly client_streaming: handleClientStreamingCall<I, O>;
  readonly bidi_streaming: handleBidiStreamingCall<I, O>;
}

/** What a server gives for a service: one grpc-js handler per method, typed by the descriptor. */
export type ServiceHandlers<S extends DescService> = {
  readonly [K in keyof S['method']]: HandlerByKind<Input<S['method'][K]>, Output<S['method'][K]>>[Kind<S['method'][K]> &
    keyof HandlerByKind<never, never>];
};

export interface ClientCallOptions extends CallOptions {
  readonly metadata?: Metadata | undefined;
}

interface CallByKind<I, O> {
  /** Rejects with grpc-js's ServiceError. */
  readonly unary: (request: I, options?: ClientCallOptions) => Promise<O>;
  readonly server_streaming: (request: I, options?: ClientCallOptions) => ClientReadableStream<O>;
  readonly client_streaming: (options?: ClientCallOptions) => ClientStreamingCall<I, O>;
  readonly bidi_streaming: (options?: ClientCallOptions) => ClientDuplexStream<I, O>;
}

export interface ClientStreamingCall<I, O> {
  readonly call: ClientWritableStream<I>;
  readonly response: Promise<O>;
}

/** The methods of a service over one grpc-js client. */
export type ServiceClient<S extends DescService> = {
  readonly [K in keyof S['method']]: CallByKind<Input<S['method'][K]>, Output<S['method'][K]>>[Kind<S['method'][K]> &
    keyof CallByKind<never, never>];
};

type Untyped = MessageShape<DescMessage>;

/** The definition that grpc-js wants, made from the descriptor of protoc-gen-es. */
export function serviceDefinition(service: DescService): ServiceDefinition {
  const methods: Record<string, MethodDefinition<Untyped, Untyped>> = {};
  for (const method of service.methods) methods[method.localName] = methodDefinition(method);
  return methods;
}

function methodDefinition(method: DescMethod): MethodDefinition<Untyped, Untyped> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: (message) => serialize(method.input, message),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (message) => serialize(method.output, message),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** A view over the encoder's own buffer: messages may hold megabytes of entries, and a copy of each would show. */
function serialize(schema: DescMessage, message: Untyped): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Registers a service. Does not compile when a handler is missing or has another shape than the contract. */
export function addService<S extends DescService>(server: Server, service: S, handlers: ServiceHandlers<S>): void;
export function addService(server: Server, service: DescService, handlers: UntypedServiceImplementation): void {
  server.addService(serviceDefinition(service), handlers);
}

/** The typed calls of a service. The client is the caller's: it may serve several services, and the caller closes it. */
export function serviceClient<S extends DescService>(service: S, client: Client): ServiceClient<S>;
export function serviceClient(service: DescService, client: Client): Record<string, unknown> {
  const calls: Record<string, unknown> = {};
  for (const method of service.methods) calls[method.localName] = clientCall(client, method);
  return calls;
}

function clientCall(client: Client, method: DescMethod): unknown {
  const { path, requestSerialize, responseDeserialize } = methodDefinition(method);
  const split = ({ metadata, ...options }: ClientCallOptions = {}) => ({
    metadata: metadata ?? new Metadata(),
    options,
  });
  switch (method.methodKind) {
    case 'unary':
      return (request: Untyped, callOptions?: ClientCallOptions) =>
        new Promise<Untyped>((resolve, reject) => {
          const { metadata, options } = split(callOptions);
          client.makeUnaryRequest(
            path,
            requestSerialize,
            responseDeserialize,
            request,
            metadata,
            options,
            (error, reply) => {
              if (error !== null || reply === undefined) reject(error ?? new Error(`${path} ended without an answer`));
              else resolve(reply);
            },
          );
        });
    case 'server_streaming':
      return (request: Untyped, callOptions?: ClientCallOptions) => {
        const { metadata, options } = split(callOptions);
        return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata, options);
      };
    case 'client_streaming':
      return (callOptions?: ClientCallOptions) => {
        const { metadata, options } = split(callOptions);
        const { promise, resolve, reject } = Promise.withResolvers<Untyped>();
        const call = client.makeClientStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          metadata,
          options,
          (error, reply) => {
            if (error !== null || reply === undefined) reject(error ?? new Error(`${path} ended without an answer`));
            else resolve(reply);
          },
        );
        return { call, response: promise };
      };
    case 'bidi_streaming':
      return (callOptions?: ClientCallOptions) => {
        const { metadata, options } = split(callOptions);
        return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options);
      };
  }
}
