// SPDX-License-Identifier: Apache-2.0
import { create, toBinary } from '@bufbuild/protobuf';
import type { DescFile, DescMessage, DescService } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type { ServiceHandlers } from '@shortlink/proto/grpc-service.ts';
import { ServerReflectionResponseSchema } from '@shortlink/proto/reflection.ts';
import type { ServerReflection, ServerReflectionRequest } from '@shortlink/proto/reflection.ts';
import { ServerReflectionResponseSchema as AlphaResponseSchema } from '@shortlink/proto/reflection-v1alpha.ts';
import type {
  ServerReflection as AlphaReflection,
  ServerReflectionRequest as AlphaRequest,
} from '@shortlink/proto/reflection-v1alpha.ts';

/** Server reflection: what tools like grpcurl need to know the contracts. Open without a token: the contracts are public. */
export function reflectionHandlers(services: readonly DescService[]): {
  readonly v1: ServiceHandlers<typeof ServerReflection>;
  readonly v1alpha: ServiceHandlers<typeof AlphaReflection>;
} {
  const answer = newAnswers(services);
  return {
    v1: {
      serverReflectionInfo: (call) => {
        call.on('data', (request: ServerReflectionRequest) => {
          const { host, messageRequest } = request;
          const init = { validHost: host, originalRequest: request, messageResponse: answer(messageRequest) };
          call.write(create(ServerReflectionResponseSchema, init));
        });
        call.on('end', () => call.end());
      },
    },
    v1alpha: {
      serverReflectionInfo: (call) => {
        call.on('data', (request: AlphaRequest) => {
          const { host, messageRequest } = request;
          const init = { validHost: host, originalRequest: request, messageResponse: answer(messageRequest) };
          call.write(create(AlphaResponseSchema, init));
        });
        call.on('end', () => call.end());
      },
    },
  };
}

/** Both versions ask the same questions. */
type Question = { readonly case: string | undefined; readonly value?: unknown };
type Reply =
  | { case: 'listServicesResponse'; value: { service: { name: string }[] } }
  | { case: 'fileDescriptorResponse'; value: { fileDescriptorProto: Uint8Array[] } }
  | { case: 'allExtensionNumbersResponse'; value: { baseTypeName: string; extensionNumber: number[] } }
  | { case: 'errorResponse'; value: { errorCode: number; errorMessage: string } };

function newAnswers(services: readonly DescService[]) {
  const filesByName = new Map<string, DescFile>();
  for (const { file } of services) addFile(filesByName, file);
  const filesBySymbol = new Map<string, DescFile>();
  for (const file of filesByName.values()) {
    for (const symbol of symbolsOf(file)) filesBySymbol.set(symbol, file);
  }
  return ({ case: question, value }: Question): Reply => {
    switch (question) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: services.map(({ typeName: name }) => ({ name })) },
        };
      case 'fileByFilename':
        return filesAnswer(filesByName.get(String(value)), String(value));
      case 'fileContainingSymbol':
        return filesAnswer(filesBySymbol.get(String(value)), String(value));
      case 'allExtensionNumbersOfType':
        return {
          case: 'allExtensionNumbersResponse',
          value: { baseTypeName: String(value), extensionNumber: [] },
        };
      default:
        return errorAnswer(status.NOT_FOUND, 'there is no such extension');
    }
  };
}

/** The file and all it imports, so that one answer is enough. */
function filesAnswer(file: DescFile | undefined, name: string): Reply {
  if (file === undefined) return errorAnswer(status.NOT_FOUND, `there is no ${name}`);
  const files = new Map<string, DescFile>();
  addFile(files, file);
  const fileDescriptorProto = [...files.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } };
}

function errorAnswer(errorCode: number, errorMessage: string): Reply {
  return { case: 'errorResponse', value: { errorCode, errorMessage } };
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
    ...message.nestedEnums.map(({ typeName }) => typeName),
    ...message.nestedMessages.flatMap(symbolsOfMessage),
  ];
}
