/** The two ends of dnstap: a reader at a Unix socket, and a file. Both are opened, written to, and ended in good order. */
import { createWriteStream } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Clock } from '../../system/clock.ts';
import { ControlFrames, type ControlType, controlFrame, controlTypes } from './frame-stream.ts';

export interface Output {
  readonly stream: Writable;
  /** Resolves when it is over, with the reason when that is an error. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /** Whether it still is what its path names; a file that was moved away is not. */
  isInPlace(): Promise<boolean>;
  /** Writes out what it has, says STOP, and closes; bounded. */
  end(): Promise<void>;
}

/** Milliseconds that a reader has to answer READY, and STOP. */
const handshakeMs = 5000;
const finishMs = 1000;

/** @throws The system's error when nobody listens, Error when the reader does not take dnstap. */
export async function openSocket(path: string, clock: Clock, signal: AbortSignal): Promise<Output> {
  const socket = createConnection(path);
  const closed = whenClosed(socket);
  const heard = controlFramesOf(socket);
  try {
    socket.write(controlFrame(controlTypes.ready));
    await heard(controlTypes.accept, clock.sleep(handshakeMs, signal));
    socket.write(controlFrame(controlTypes.start));
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    stream: socket,
    closed,
    isInPlace: async () => true,
    async end() {
      socket.write(controlFrame(controlTypes.stop));
      await heard(controlTypes.finish, clock.sleep(finishMs)).catch(() => undefined);
      socket.destroy();
      await closed;
    },
  };
}

/** What is at `path` already is moved aside. @throws The system's error when it cannot be written. */
export async function openFile(path: string, clock: Clock): Promise<Output> {
  const there = await stat(path).catch(() => undefined);
  // A stream cannot be gone on with: START stands at its beginning only.
  if (there?.isFile() && there.size > 0) await rename(path, `${path}.${Math.floor(clock.wallMs() / 1000)}`);
  const stream = createWriteStream(path, { mode: 0o640 });
  const closed = whenClosed(stream);
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', reject);
  });
  stream.write(controlFrame(controlTypes.start));
  const own = await stat(path).catch(() => undefined);
  return {
    stream,
    closed,
    isInPlace: async () => {
      const now = await stat(path).catch(() => undefined);
      return now !== undefined && now.ino === own?.ino;
    },
    async end() {
      stream.end(controlFrame(controlTypes.stop));
      await closed;
    },
  };
}

function whenClosed(stream: Writable): Promise<Error | undefined> {
  return new Promise(resolve => {
    let reason: Error | undefined;
    stream.on('error', error => {
      reason = error;
    });
    stream.once('close', () => resolve(reason));
  });
}

/** Gives what waits for a control frame of the reader, until `patience` ends. A reader that breaks the rules is cut off. */
function controlFramesOf(socket: Socket): (type: ControlType, patience: Promise<void>) => Promise<void> {
  const frames = new ControlFrames();
  const heard = new Set<ControlType>();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  let onFrame: () => unknown = () => undefined;
  socket.on('data', chunk => {
    try {
      for (const type of frames.add(chunk)) heard.add(type);
      onFrame();
    } catch (error) {
      broken.reject(error);
      socket.destroy();
    }
  });
  socket.once('error', broken.reject);
  socket.once('close', () => broken.reject(new Error('the reader closed the connection')));
  return async (type, patience) => {
    const told = new Promise<void>(resolve => {
      onFrame = () => heard.has(type) && resolve();
      onFrame();
    });
    const late = patience.then(() => {
      throw new Error('the reader does not answer');
    });
    late.catch(() => undefined);
    await Promise.race([told, late, broken.promise]);
  };
}
