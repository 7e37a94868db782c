# A Unix datagram socket, which Node cannot make: binds argv[1] and prints each datagram on a line, as JSON.
# Ends when its standard input does.
import json, os, select, socket, sys

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print(json.dumps("bound"), flush=True)
while True:
    ready, _, _ = select.select([receiver, sys.stdin], [], [])
    if sys.stdin in ready and os.read(0, 4096) == b"":
        break
    if receiver in ready:
        print(json.dumps(receiver.recv(4096).decode()), flush=True)
