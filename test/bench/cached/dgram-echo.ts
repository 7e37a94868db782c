/** A program: sends back what comes to port 53 of an address, with the socket that the resolver has. */
import { createSocket } from 'node:dgram';

const [address = ''] = process.argv.slice(2);
const receiveBufferOctets = 4 * 1024 * 1024;

const socket = createSocket({
  type: 'udp4',
  recvBufferSize: receiveBufferOctets,
  // Addresses are literals: without this, each reply would wait for a turn of the event loop to be "resolved".
  lookup: (literal, _options, callback) => callback(null, literal, 4),
});
socket.on('message', (message, { address: peer, port }) => {
  message[2] = (message[2] ?? 0) | 0x80;
  socket.send(message, 0, message.length, port, peer, () => undefined);
});
socket.bind({ address, port: 53, exclusive: true });
