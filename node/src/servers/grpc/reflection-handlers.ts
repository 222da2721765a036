// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from '@bufbuild/protobuf';
import type { DescFile, DescMessage, DescService } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import {
  ErrorResponseSchema,
  FileDescriptorResponseSchema,
  ListServiceResponseSchema,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
  ServiceResponseSchema,
} from '@shortlink/proto/reflection.ts';
import type {
  ServerReflection,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '@shortlink/proto/reflection.ts';
import { asPublicError, statusOf } from './grpc-errors.ts';
import { decodeMessage, encodeMessage } from './raw-service.ts';
import type { RawHandlers } from './raw-service.ts';

type Answer = ServerReflectionResponse['messageResponse'];

/**
 * Server reflection: what tools like grpcurl need to know the contracts. Serves v1 and v1alpha alike: they differ in
 * nothing but their package, which is not on the wire.
 */
export function reflectionHandlers(services: readonly DescService[]): RawHandlers<typeof ServerReflection> {
  const answer = newAnswers(services);
  return {
    serverReflectionInfo: (call) => {
      call.on('data', (bytes: Buffer) => {
        try {
          const request = decodeMessage(ServerReflectionRequestSchema, bytes);
          const response = create(ServerReflectionResponseSchema, {
            validHost: request.host,
            originalRequest: request,
            messageResponse: answer(request.messageRequest),
          });
          if (call.write(encodeMessage(ServerReflectionResponseSchema, response))) return;
          call.pause();
          call.once('drain', () => call.resume());
        } catch (error) {
          call.emit('error', statusOf(asPublicError(error)));
        }
      });
      call.on('end', () => call.end());
    },
  };
}

function newAnswers(services: readonly DescService[]) {
  const filesByName = new Map<string, DescFile>();
  for (const { file } of services) addFile(filesByName, file);
  const filesBySymbol = new Map<string, DescFile>();
  for (const file of filesByName.values()) {
    for (const symbol of symbolsOf(file)) filesBySymbol.set(symbol, file);
  }
  return (question: ServerReflectionRequest['messageRequest']): Answer => {
    switch (question.case) {
      case 'listServices': {
        const service = services.map(({ typeName: name }) => create(ServiceResponseSchema, { name }));
        return { case: 'listServicesResponse', value: create(ListServiceResponseSchema, { service }) };
      }
      case 'fileByFilename':
        return filesAnswer(filesByName.get(question.value), question.value);
      case 'fileContainingSymbol':
        return filesAnswer(filesBySymbol.get(question.value), question.value);
      case 'fileContainingExtension':
      case 'allExtensionNumbersOfType':
        return errorAnswer(status.NOT_FOUND, 'the contracts have no extensions');
      default:
        return errorAnswer(status.INVALID_ARGUMENT, 'nothing is asked, or something that this version does not know');
    }
  };
}

/** The file and all it imports, so that one answer is enough. */
function filesAnswer(file: DescFile | undefined, name: string): Answer {
  if (file === undefined) return errorAnswer(status.NOT_FOUND, `there is no ${name}`);
  const files = new Map<string, DescFile>();
  addFile(files, file);
  const fileDescriptorProto = [...files.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: 'fileDescriptorResponse', value: create(FileDescriptorResponseSchema, { fileDescriptorProto }) };
}

function errorAnswer(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: create(ErrorResponseSchema, { errorCode, errorMessage }) };
}

function addFile(files: Map<string, DescFile>, file: DescFile): void {
  if (files.has(file.proto.name)) return;
  files.set(file.proto.name, file);
  for (const dependency of file.dependencies) addFile(files, dependency);
}

function symbolsOf(file: DescFile): readonly string[] {
  return [
    ...file.services.flatMap((service) => [
      service.typeName,
      ...service.methods.map(({ name }) => `${service.typeName}.${name}`),
    ]),
    ...file.enums.map(({ typeName }) => typeName),
    ...file.messages.flatMap(symbolsOfMessage),
  ];
}

function symbolsOfMessage(message: DescMessage): readonly string[] {
  return [
    message.typeName,
    ...message.fields.map(({ name }) => `${message.typeName}.${name}`),
    ...message.nestedEnums.map(({ typeName }) => typeName),
    ...message.nestedMessages.flatMap(symbolsOfMessage),
  ];
}
