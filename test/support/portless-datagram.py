# Sends one datagram from port 0 to argv[1] port argv[2], which no ordinary socket does. Exit code 3: not permitted here.
import socket, struct, sys

try:
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
except PermissionError:
    sys.exit(3)
text = b"from nowhere"
# Source port, destination port, length, and no checksum (RFC 768).
sender.sendto(struct.pack("!HHHH", 0, int(sys.argv[2]), 8 + len(text), 0) + text, (sys.argv[1], 0))
