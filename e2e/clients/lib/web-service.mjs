// The service of the gRPC-Web tests, described as protoc would describe it.
import { create, createFileRegistry } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

const file = create(FileDescriptorProtoSchema, {
  name: 'shop.proto',
  package: 'shop',
  syntax: 'proto3',
  messageType: [
    { name: 'Text', field: [{ name: 'text', number: 1, type: Type.STRING, label: Label.OPTIONAL, jsonName: 'text' }] },
  ],
  service: [
    {
      name: 'Web',
      method: [
        { name: 'Ask', inputType: '.shop.Text', outputType: '.shop.Text' },
        { name: 'Tell', inputType: '.shop.Text', outputType: '.shop.Text', serverStreaming: true },
      ],
    },
  ],
});
export const Web = createFileRegistry(file, () => undefined).getService('shop.Web');
