import { randomBytes, randomInt } from 'node:crypto';
import type { ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { encodeMessage } from '../../../../src/dns/message.ts';
import { framed } from '../../../../src/resolver/message-framing.ts';
import { query } from '../../../resolver/messages.ts';
import type { Attacker, Tally } from '../attacker.ts';
import { connectHttps, connectPlain, connectSecure } from '../connect.ts';
import { addressesIn, ports, randomLabel } from '../field.ts';
import { malformed } from '../malformed.ts';
import { inTurn, pace, pick } from '../pace.ts';

/** Milliseconds after which any attacking connection is given up from its side. */
const livesMs = 20_000;

/** Connections open at once of one attacker; it opens no more until some have ended. */
const mostOpen = 400;

class Connections {
  readonly open = new Set<{ destroy(): void }>();

  get isFull(): boolean {
    return this.open.size >= mostOpen;
  }

  /** Keeps `connection` until it closes or its time is over. */
  add<T extends { destroy(): void; on(event: string, listener: () => void): unknown }>(connection: T): T {
    this.open.add(connection);
    const timer = setTimeout(() => connection.destroy(), livesMs);
    connection.on('error', () => undefined);
    connection.on('close', () => {
      clearTimeout(timer);
      this.open.delete(connection);
    });
    return connection;
  }

  end(): void {
    for (const connection of this.open) connection.destroy();
  }
}

/** Runs `act` at the rate with a set of connections of its own. */
async function connecting(
  perSecond: number,
  signal: AbortSignal,
  act: (connections: Connections) => void,
): Promise<void> {
  const connections = new Connections();
  await pace(perSecond, signal, () => {
    if (!connections.isFull) act(connections);
  });
  connections.end();
}

/** Counts the connection, and whether anything came back over it. */
function counting(socket: Socket, tally: Tally): Socket {
  tally.sent += 1;
  return socket.once('data', () => {
    tally.answered += 1;
  });
}

/** A frame with a malformed message, one that promises more than comes, or one of an announced length of 0. */
function badFrames(): Buffer {
  const octets = malformed();
  const variants = [
    () => Buffer.from(framed(octets)),
    () => Buffer.concat([Buffer.of(0xff, 0xff), octets.subarray(0, 100)]),
    () => Buffer.alloc(2 * randomInt(1, 500)),
    () => Buffer.from(framed(octets)).subarray(0, randomInt(1, octets.length + 2)),
    () => randomBytes(randomInt(1, 3000)),
  ];
  return pick(variants)();
}

/** Half of them go at once, in the middle of what is being said. */
function sayBadly(socket: Socket, octets: Buffer): void {
  socket.write(octets, () => {
    if (Math.random() < 0.5) socket.destroy();
  });
}

export const malformedTcp: Attacker = {
  name: 'malformed, TCP',
  attack: (tally, signal) => {
    const from = inTurn(addressesIn(20, 8));
    return connecting(15, signal, connections =>
      sayBadly(counting(connections.add(connectPlain(ports.dns, from())), tally), badFrames()),
    );
  },
};

/** Bad frames within good TLS, and what is no TLS at all. */
export const malformedTls: Attacker = {
  name: 'malformed, DoT',
  attack: (tally, signal) => {
    const from = inTurn(addressesIn(21, 8));
    return connecting(6, signal, connections => {
      const plain = connections.add(connectPlain(ports.dot, from()));
      if (Math.random() < 0.5) {
        sayBadly(counting(plain, tally), randomBytes(randomInt(1, 2000)));
        return;
      }
      const secure = counting(connections.add(connectSecure(plain)), tally);
      secure.once('secureConnect', () => sayBadly(secure, badFrames()));
    });
  },
};

export const malformedHttps: Attacker = {
  name: 'malformed, DoH',
  attack: (tally, signal) => {
    const from = inTurn(addressesIn(22, 8));
    return connecting(4, signal, connections => {
      const address = from();
      if (Math.random() < 0.5) {
        sayBadly(
          counting(connections.add(connectPlain(ports.doh, address)), tally),
          randomBytes(randomInt(1, 2000)),
        );
        return;
      }
      const session = connections.add(connectHttps(address));
      session.once('connect', () => {
        for (let count = 0; count < 8; count += 1) badRequest(session, tally);
      });
    });
  },
};

function badRequest(session: ClientHttp2Session, tally: Tally): void {
  tally.sent += 1;
  const body = malformed();
  const type = { 'content-type': 'application/dns-message' };
  const requests = [
    { ':method': 'POST', ':path': '/dns-query', ...type },
    { ':method': 'POST', ':path': '/dns-query' },
    { ':method': 'GET', ':path': `/dns-query?dns=${randomBytes(randomInt(1, 300)).toString('base64url')}` },
    { ':method': 'GET', ':path': `/${randomLabel()}` },
    { ':method': 'DELETE', ':path': '/dns-query' },
  ];
  const stream = session.request(pick(requests));
  stream.on('error', () => undefined);
  stream.once('response', () => {
    tally.answered += 1;
  });
  stream.resume();
  if (Math.random() < 0.3) stream.destroy();
  else if (stream.writable) stream.end(body);
}

/** Opens connections on all ports and says an octet a second: of a frame, of a handshake, of nothing. */
export const slowloris: Attacker = {
  name: 'slowloris',
  attack: (tally, signal) => {
    const from = inTurn(addressesIn(23, 4));
    const port = inTurn([ports.dns, ports.dns, ports.dot, ports.doh]);
    return connecting(10, signal, connections => {
      const socket = counting(connections.add(connectPlain(port(), from())), tally);
      const drip = setInterval(() => socket.write(Buffer.of(1)), 1000);
      socket.once('close', () => clearInterval(drip));
    });
  },
};

/** Asks for the largest answers there are, many at a time, and reads none. */
export const slowReaders: Attacker = {
  name: 'slow readers',
  attack: (tally, signal) => {
    const from = inTurn(addressesIn(24, 4));
    const name = `${randomLabel()}.huge.test.`;
    return connecting(2, signal, connections => {
      const socket = connections.add(connectPlain(ports.dns, from()));
      socket.pause();
      for (let id = 0; id < 32; id += 1) {
        tally.sent += 1;
        socket.write(framed(encodeMessage(query(name, 'TXT', { id }))));
      }
    });
  },
};

/** Connects as often as it can, from few addresses: some go at once, some stay and are silent. */
export const connectionFlood: Attacker = {
  name: 'connections',
  attack: (tally, signal) => {
    const from = inTurn(addressesIn(25, 8));
    const port = inTurn([ports.dns, ports.dns, ports.dns, ports.dot, ports.doh]);
    return connecting(80, signal, connections => {
      const socket = counting(connections.add(connectPlain(port(), from())), tally);
      if (Math.random() < 0.5) socket.once('connect', () => socket.destroy());
    });
  },
};
