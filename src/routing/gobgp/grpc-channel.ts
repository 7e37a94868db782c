/**
 * A gRPC channel over a Unix socket to the API of gobgp.proto: each call in bounded time, its failure as a Fault.
 *
 * The packages are loaded when the first channel is opened: they take a good part of a process's start, and most processes
 * never speak to a GoBGP.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client, ClientOptions, MethodDefinition, ServiceError } from '@grpc/grpc-js';
import { Fault } from '../../system/fault.ts';

export interface GrpcChannel extends Disposable {
  /** One message there, one back. */
  ask<T>(method: string, message: object, signal: AbortSignal): Promise<T>;
  /** One message there, any number back. */
  list<T>(method: string, message: object, signal: AbortSignal): Promise<readonly T[]>;
  /** One message on a stream of messages, accepted or refused as a whole. */
  send(method: string, message: object, signal: AbortSignal): Promise<void>;
  /** A stream of messages that nobody reads; its end says that the other side is gone. */
  untilEnded(method: string, message: object): Promise<void>;
}

/** Milliseconds for one call. gobgpd answers within a few; it is silent only while frozen or starved. */
const callTimeoutMs = 2000;

const protoFile = fileURLToPath(new URL('gobgp.proto', import.meta.url));

const channelOptions: ClientOptions = {
  // Channels of one process otherwise share their connection, and its pause after a failure with it.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
};

/** Does not connect yet: the first call does. */
export async function openGrpcChannel(socketPath: string): Promise<GrpcChannel> {
  loading ??= load();
  const { grpc, methods } = await loading;
  // An absolute path: gRPC takes a relative one after `unix://` for a host.
  const target = `unix://${resolve(socketPath)}`;
  const client = new grpc.Client(target, grpc.credentials.createInsecure(), channelOptions);
  return new Channel(socketPath, client, methods);
}

/** Never changes once there: reading the API anew each time would hold up the agent while gobgpd is away. */
let loading: ReturnType<typeof load> | undefined;

async function load() {
  const grpc = await import('@grpc/grpc-js');
  const { load: loadProto } = await import('@grpc/proto-loader');
  // `json` has the messages inside an Any read as what their type says.
  const definitions = await loadProto(protoFile, {
    keepCase: true,
    enums: String,
    defaults: true,
    json: true,
  });
  return { grpc, methods: definitions['apipb.GobgpApi'] as unknown as Methods };
}

type Methods = Readonly<Record<string, MethodDefinition<object, unknown>>>;

/** What can be called off. */
interface Call {
  cancel(): void;
}

class Channel implements GrpcChannel {
  readonly #path: string;
  readonly #client: Client;
  readonly #methods: Methods;

  constructor(path: string, client: Client, methods: Methods) {
    this.#path = path;
    this.#client = client;
    this.#methods = methods;
  }

  async ask<T>(name: string, message: object, signal: AbortSignal): Promise<T> {
    const { path, requestSerialize, responseDeserialize } = this.#method(name);
    return await this.#settled(signal, ({ resolve, reject }) =>
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize as (octets: Buffer) => T,
        message,
        deadline(),
        (error, reply) => (error ? reject(this.#fault(name, error)) : resolve(reply as T)),
      ),
    );
  }

  async list<T>(name: string, message: object, signal: AbortSignal): Promise<readonly T[]> {
    const { path, requestSerialize, responseDeserialize } = this.#method(name);
    return await this.#settled<readonly T[]>(signal, ({ resolve, reject }) => {
      const replies: T[] = [];
      return this.#client
        .makeServerStreamRequest(path, requestSerialize, responseDeserialize, message, deadline())
        .on('data', (reply: T) => replies.push(reply))
        .on('error', (error: ServiceError) => reject(this.#fault(name, error)))
        .on('end', () => resolve(replies));
    });
  }

  async send(name: string, message: object, signal: AbortSignal): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = this.#method(name);
    await this.#settled<void>(signal, ({ resolve, reject }) => {
      const call = this.#client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        deadline(),
        error => (error ? reject(this.#fault(name, error)) : resolve()),
      );
      call.end(message);
      return call;
    });
  }

  async untilEnded(name: string, message: object): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = this.#method(name);
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, message);
    await new Promise<void>(resolve =>
      call
        .on('error', () => resolve())
        .on('end', resolve)
        .resume(),
    );
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #method(name: string): MethodDefinition<object, unknown> {
    const method = this.#methods[name];
    if (!method) throw new Fault('internal', `gobgp.proto has no method ${name}`);
    return method;
  }

  /** What the call that `start` begins comes to; an abort calls it off. */
  async #settled<T>(signal: AbortSignal, start: (outcome: PromiseWithResolvers<T>) => Call): Promise<T> {
    signal.throwIfAborted();
    const outcome = Promise.withResolvers<T>();
    const call = start(outcome);
    const stop = (): void => {
      outcome.reject(signal.reason);
      call.cancel();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await outcome.promise;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #fault(method: string, cause: ServiceError): Fault {
    if (isSilence(cause)) {
      return new Fault('unreachable', `GoBGP does not answer at ${this.#path}: ${cause.details}`, {
        hint: 'is the sidecar of this PoP running, with the same --run-dir, and may this user open the socket?',
        cause,
      });
    }
    return new Fault('refused', `GoBGP refused ${method}: ${cause.details}`, {
      hint: 'the routes of before still stand',
      cause,
    });
  }
}

function deadline(): { deadline: number } {
  return { deadline: Date.now() + callTimeoutMs };
}

/** CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE of the gRPC status codes: nobody answered. Any other is an answer. */
function isSilence({ code }: ServiceError): boolean {
  return code === 1 || code === 4 || code === 14;
}
