/** The web platform's globals that need nothing but the host's codecs: every class is of this realm. */
import {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from "web-streams-polyfill";
import { AbortController, AbortSignal } from "./web/abort";
import { AsyncLocalStorage, AsyncResource } from "./web/async-local-storage";
import { Blob, File } from "./web/blob";
import {
  CompressionStream,
  DecompressionStream,
  TextDecoderStream,
  TextEncoderStream,
} from "./web/coding-streams";
import { Crypto } from "./web/crypto";
import { CryptoKey } from "./web/crypto-key";
import { DOMException } from "./web/dom-exception";
import { CustomEvent, Event, EventTarget } from "./web/events";
import { FormData } from "./web/form-data";
import { Headers } from "./web/headers";
import { Request } from "./web/request";
import { Response } from "./web/response";
import { structuredClone } from "./web/structured-clone";
import { SubtleCrypto } from "./web/subtle-crypto";
import { atob, btoa, TextDecoder, TextEncoder } from "./web/text-encoding";
import { URL } from "./web/url";
import { URLSearchParams } from "./web/url-search-params";

export const WEB_GLOBALS = {
  AbortController,
  AbortSignal,
  AsyncLocalStorage,
  AsyncResource,
  atob,
  Blob,
  btoa,
  ByteLengthQueuingStrategy,
  CompressionStream,
  CountQueuingStrategy,
  Crypto,
  CryptoKey,
  CustomEvent,
  DecompressionStream,
  DOMException,
  Event,
  EventTarget,
  File,
  FormData,
  Headers,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  Request,
  Response,
  structuredClone,
  SubtleCrypto,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  TransformStream,
  TransformStreamDefaultController,
  URL,
  URLSearchParams,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
};
