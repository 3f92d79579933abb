import { createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { DESCRIPTORS } from '@staffetta/contracts';

/** Finds the files of `proto/` by their name and by what they declare. */
export class DescriptorIndex {
  readonly #registry: FileRegistry;
  readonly #files: ReadonlyMap<string, FileDescriptorProto>;

  constructor() {
    const set = fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTORS, 'base64'));
    this.#registry = createFileRegistry(set);
    this.#files = new Map(set.file.map((file) => [file.name, file]));
  }

  /** The file and all it imports, as google.protobuf.FileDescriptorProto; undefined where there is none. */
  byName(name: string): Buffer[] | undefined {
    const found = new Set<FileDescriptorProto>();
    const add = (file: FileDescriptorProto | undefined): void => {
      if (!file || found.has(file)) return;
      found.add(file);
      for (const dependency of file.dependency) add(this.#files.get(dependency));
    };
    add(this.#files.get(name));
    if (found.size === 0) return undefined;
    return [...found].map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)));
  }

  /** The file that declares a service, one of its methods, a message or an enum. */
  bySymbol(symbol: string): Buffer[] | undefined {
    const service = symbol.slice(0, symbol.lastIndexOf('.'));
    const found = this.#registry.get(symbol) ?? this.#registry.getService(service);
    return found && this.byName(found.file.proto.name);
  }
}
