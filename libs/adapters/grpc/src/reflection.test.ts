import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { ServerReflectionClient } from '@staffetta/contracts';
import type { ServerReflectionRequest, ServerReflectionResponse } from '@staffetta/contracts';
import { HOST, Scene, offerOf } from './testing/scene.ts';

const scene = new Scene();
afterEach(() => scene.end());

/** The names of services or files that a question brings, or the error. */
function brief({ messageResponse }: ServerReflectionResponse): unknown {
  switch (messageResponse?.$case) {
    case 'listServicesResponse':
      return messageResponse.value.service.map(({ name }) => name);
    case 'fileDescriptorResponse':
      return messageResponse.value.fileDescriptorProto.map(
        (file) => fromBinary(FileDescriptorProtoSchema, file).name,
      );
    case 'errorResponse':
      return messageResponse.value.errorMessage;
    default:
      return undefined;
  }
}

test('reflection tells which services are here, and what they are made of', async () => {
  const { server, port } = await scene.serve(offerOf(async () => ''));
  const client = scene.channel({ host: HOST, port }).client(ServerReflectionClient);
  const call = client.serverReflectionInfo();
  const answers = call[Symbol.asyncIterator]();
  const ask = async (messageRequest: ServerReflectionRequest['messageRequest']) => {
    call.write({ host: '', messageRequest });
    return brief((await answers.next()).value as ServerReflectionResponse);
  };
  assert.deepEqual(await ask({ $case: 'listServices', value: '' }), [
    'staffetta.resolver.v1.Resolver',
    'grpc.health.v1.Health',
    'grpc.reflection.v1.ServerReflection',
  ]);
  const file = 'staffetta/resolver/v1/resolver.proto';
  const symbols = ['Resolver', 'Resolver.Resolve', 'Answer'];
  for (const symbol of symbols) {
    const value = `staffetta.resolver.v1.${symbol}`;
    assert.deepEqual(await ask({ $case: 'fileContainingSymbol', value }), [file], value);
  }
  assert.deepEqual(await ask({ $case: 'fileByFilename', value: file }), [file]);
  assert.equal(await ask({ $case: 'fileByFilename', value: 'absent.proto' }), 'not found');
  assert.equal(await ask({ $case: 'fileContainingSymbol', value: 'Absent' }), 'not found');
  // An open stream does not keep the server from leaving.
  const drained = server.drain();
  assert.equal((await answers.next()).done, true);
  await drained;
});
