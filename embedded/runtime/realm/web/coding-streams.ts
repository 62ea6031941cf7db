/** The transform streams over text and compressed bytes. */
import { TransformStream } from "web-streams-polyfill";
import { guarded, realmHost } from "../host-connection";
import { chunkBytes } from "./body";
import {
  type BinaryData,
  encodeText,
  ownBytes,
  TextDecoder,
} from "./text-encoding";

export class TextEncoderStream extends TransformStream<string, Uint8Array> {
  readonly encoding = "utf-8";

  constructor() {
    super({
      transform: (chunk, controller) =>
        controller.enqueue(encodeText(String(chunk))),
    });
  }
}

export class TextDecoderStream extends TransformStream<BinaryData, string> {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  constructor(
    label?: string,
    options: { fatal?: boolean; ignoreBOM?: boolean } = {},
  ) {
    const decoder = new TextDecoder(label, options);
    super({
      transform: (chunk, controller) => {
        const text = decoder.decode(chunk, { stream: true });
        if (text !== "") controller.enqueue(text);
      },
      flush: (controller) => {
        const text = decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
    this.encoding = decoder.encoding;
    this.fatal = decoder.fatal;
    this.ignoreBOM = decoder.ignoreBOM;
  }
}

type Format = "gzip" | "deflate" | "deflate-raw";

export class CompressionStream extends TransformStream<BinaryData, Uint8Array> {
  constructor(format: Format) {
    super(wholeBody(format, "compress"));
  }
}

export class DecompressionStream extends TransformStream<
  BinaryData,
  Uint8Array
> {
  constructor(format: Format) {
    super(wholeBody(format, "decompress"));
  }
}

/** Everything is handed over at the end: bodies here are limited to 20 MiB. */
function wholeBody(format: Format, direction: "compress" | "decompress") {
  const codec = realmHost().createCodec(String(format), direction);
  const add = guarded(codec.add);
  const finish = guarded(codec.finish);
  return {
    transform: (chunk: BinaryData) => add(chunkBytes(chunk)),
    flush: (controller: { enqueue: (chunk: Uint8Array) => void }) =>
      controller.enqueue(ownBytes(finish())),
  };
}
