// SPDX-License-Identifier: Apache-2.0
// The public name of generated code: importers do not depend on where it lies.
export * from '../gen/grpc/reflection/v1/reflection_pb.ts';
